"""The loop: poll, step, execute, publish.

One task does everything in one order. It polls on a fixed grid of the sample interval, looks at a migration under
way more often, and carries commands out as soon as they come. It owns the state; everybody else gets the immutable
`View` it publishes at its desk. A cluster that cannot be read is a cycle without data, not an end; a journal that
cannot be written is a reason not to act.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from hctui.api.errors import LoginRefused
from hctui.config import change
from hctui.config.schema import DRY_RUN
from hctui.config.source import EARLIER
from hctui.core import balancer, intake, proposals, streak
from hctui.core.decision import Decision, Move, Reason
from hctui.core.errors import HctuiError
from hctui.core.migration import Look, Migration, Phase, Unread, answer_sentence
from hctui.core.model import ClusterInfo, Snapshot, Task
from hctui.core.state import Standing, State
from hctui.core.wording import count
from hctui.engine import narrative, reaching
from hctui.engine.clock import Clock, first_of
from hctui.engine.desk import Desk, is_held
from hctui.engine.executor import Cluster, Executor, Memory, NotDone
from hctui.engine.log import Log
from hctui.engine.order_words import of_its_own
from hctui.engine.view import Level, Line, View

LOOK_SECONDS = 5.0
"""How often a migration under way is looked at. A task shows progress every few seconds (hypercore-api.md 5, 6)."""

NOTHING_ORDERED = Standing()

FORGET_SECONDS = 3600.0
"""How often the journal is looked through for what is too old."""

MOST_DOUBLINGS = 6
"""While logins are refused, polls become as rare as one in 64 intervals (32 min at 30 s)."""

T = TypeVar("T")


class AnotherCluster(HctuiError):
    """The address leads to another cluster than at the start; its journal is not this one's."""

    title = "Another cluster answers"


class Engine:
    """Balances one cluster until it is told to stop.

    Construct it with everything it depends on, `run` it once. Views and commands go over its `desk`; `stop` may be
    called from callbacks in the same event loop.
    """

    def __init__(
        self,
        *,
        cluster: Cluster,
        memory: Memory,
        clock: Clock,
        desk: Desk,
        state: State,
        ordered: Standing = NOTHING_ORDERED,
        is_anew: bool = False,
        info: ClusterInfo,
        log: Log,
        on_live: Callable[[], Awaitable[None]],
    ) -> None:
        """An engine for one cluster.

        Args:
            cluster: the cluster.
            memory: its journal.
            clock: the time.
            desk: where views go and orders come from.
            state: what is gone on with.
            ordered: what of its standing was ordered in this run, so that it is not told as that of the last.
            is_anew: begun again in the same run, after a fault of ours.
            info: which cluster it is.
            log: gets every line.
            on_live: called once a dry run ends, before anything can be sent.
        """
        self._cluster = cluster
        self._memory = memory
        self._clock = clock
        self._desk = desk
        self._info = info
        self._log = log
        self._executor = Executor(cluster, memory, clock, self._snapshot, self._unwanted)
        self._narrator = narrative.Narrator()
        self._stopping = False
        self._refusals = 0
        self._is_blind = False
        self._looked_back_at = clock.now()
        self._forget_at = self._looked_back_at + FORGET_SECONDS
        self._on_live = on_live
        self._is_anew = is_anew
        self._was_held = state.dry_run_held and not (is_anew or ordered.dry_run_held)
        self._was_paused = state.paused and not (is_anew or ordered.paused)
        if state.dry_run_held and not is_held(desk.view.settings):
            desk.use(change(desk.view.settings, {DRY_RUN.key: "true"}, EARLIER))
        self._was_dry = desk.view.policy.dry_run
        desk.publish(cluster=info, state=state, is_reading=False)

    @property
    def _view(self) -> View:
        return self._desk.view

    def stop(self) -> None:
        """Finish what is being done, send nothing more, and return from `run`."""
        self._stopping = True
        self._desk.woken.set()

    async def run(self, *, once: bool = False, until: float | None = None) -> None:
        """Balance until stopped, until the clock shows `until`, or, with `once`, for a single cycle.

        A single cycle that sends a migration lasts until its end is confirmed.
        """
        poll_at = self._clock.now()
        self._resume()
        while not self._stopping:
            now, interval = self._clock.now(), self._interval_seconds()
            if until is not None and now >= until:
                break
            if self._desk.is_stirred or now >= poll_at:
                is_due = now >= poll_at
                if is_due:
                    poll_at = _next_on_grid(poll_at, interval, now)
                self._publish(next_poll_at=poll_at)
                await self._cycle(is_due=is_due)
                await self._forget()
                was_polled = True
            else:
                was_polled = False
            if self._view.state.migration and not self._refusals:  # a look is another login
                await self._look(is_due=was_polled)
            if once and not self._view.state.migration:
                break
            now, interval = self._clock.now(), self._interval_seconds()
            poll_at = min(poll_at, now + interval)  # a clock that was set back must not put it hours away
            watching = self._view.state.migration is not None
            await self._wait(
                min(poll_at, until or poll_at, now + LOOK_SECONDS if watching else poll_at) - now
            )
        await self._leave()

    def _interval_seconds(self) -> float:
        """Time to the next poll.

        It doubles with each login refused in a row: a wrong password that is tried again and again locks the account,
        and only a person can mend it.
        """
        return self._view.policy.interval_seconds * 2.0 ** min(self._refusals, MOST_DOUBLINGS)

    async def _cycle(self, *, is_due: bool) -> None:
        """Read, decide, write down, act. `is_due`: it is not only for an order that has come in."""
        await self._heed_going_live()
        self._tell("collecting_data", "Collecting cluster data...")
        self._publish(is_reading=True)
        # While logins are refused only the poll that is due tries again, whatever keys are pressed.
        snapshot = await self._read() if is_due or not self._refusals else None
        self._publish(is_reading=False)
        now, asked = self._clock.now(), self._desk.take()
        step = balancer.step(self._view.state, snapshot, asked, self._view.policy, now)
        step = await self._numbered(step)
        decision = step.decision
        if snapshot is None:
            decision = replace(decision, sentence=f"{decision.sentence} {self._view.contact.error}")
        for line in self._narrator.cycle(decision, step.state.proposal):
            self._log(line)
        self._desk.record_own(of_its_own(decision.notices))
        self._publish(state=step.state, decision=decision, snapshot=snapshot or self._view.snapshot)
        recorded = await self._record_cycle(snapshot, decision, self._view.state, is_sending=bool(step.send))
        if step.send and recorded and not self._stopping:
            await self._heed_going_live()  # somebody may have said so while the cluster was read
            await self._send(step.send)

    async def _numbered(self, step: balancer.Step) -> balancer.Step:
        """The step, once the number of a proposal it makes is on disk; without the proposal if it cannot be there.

        People answer by number. After a fault, or a restart, it must not be that of another proposal.
        """
        made, before = step.state.proposals_made, self._view.state
        if made == before.proposals_made:
            return step
        try:
            await self._memory.save_state(replace(before, proposals_made=made), ())
        except HctuiError as error:
            state, decision = proposals.taken_back(step.state, step.decision, str(error))
            return replace(step, state=state, decision=decision)
        return step

    async def _read(self) -> Snapshot | None:
        """A snapshot, or `None` with the reason shown."""
        contact = self._view.contact
        try:
            snapshot = await self._snapshot()
        except HctuiError as error:
            self._refusals += isinstance(error, LoginRefused)
            missed = reaching.not_reached(contact, self._cluster.reach, str(error))
            reaching.publish(self._desk, missed, self._log)
            return None
        self._refusals = 0
        met = reaching.reached(contact, self._cluster.reach, self._cluster.latency_seconds)
        reaching.publish(self._desk, met, self._log)
        return snapshot

    async def _snapshot(self) -> Snapshot:
        """A fresh snapshot of the cluster this engine was made for.

        Raises:
            HctuiError: it could not be read, or another cluster answers at the address.
        """
        snapshot = await self._cluster.snapshot(self._clock.now())
        if snapshot.cluster.id != self._info.id:
            raise AnotherCluster(
                f"At {self._view.contact.used} now answers {snapshot.cluster.name} ({snapshot.cluster.id}) instead "
                f"of {self._info.name} ({self._info.id}).",
                hint="Start hctui again if that is the cluster to balance.",
            )
        return snapshot

    async def _record_cycle(
        self, snapshot: Snapshot | None, decision: Decision, state: State, *, is_sending: bool
    ) -> bool:
        """Whether it could be written down. If not, the decision says of a move that was to be sent that it is not."""
        orders = self._desk.unrecorded
        try:
            await self._memory.record_cycle(snapshot, decision, state, orders)
        except HctuiError as error:
            unsent = replace(decision, sentence=f"{decision.sentence} Not sent: {error}")
            self._publish(journal_error=str(error), **({"decision": unsent} if is_sending else {}))
            lost = " What was ordered holds for this run only, until it can." if orders else ""
            told = f"{error} Nothing is migrated while the journal cannot be written.{lost}"
            self._tell("journal", told, Level.ERROR)
            return False
        if self._view.journal_error:
            self._publish(journal_error="")
            self._tell("journal", "The journal can be written again.")
        self._desk.recorded(orders)
        return True

    async def _forget(self) -> None:
        """Now and then, after a cycle, have the journal forget some of what is too old."""
        now, before = self._clock.now(), self._looked_back_at
        self._looked_back_at = now
        if not 0 <= now - before <= max(FORGET_SECONDS, 2 * self._interval_seconds()):
            self._forget_at = now + FORGET_SECONDS  # a clock that is wrong for a while must cost no history
        if now < self._forget_at:
            return
        self._forget_at = now + FORGET_SECONDS
        try:
            if await self._memory.forget(now - self._view.settings.journal_keep_seconds):
                self._forget_at = now  # after the next cycle again
        except HctuiError as error:
            self._tell("journal", str(error), Level.ERROR)

    async def _send(self, move: Move) -> None:
        """Carry out a move that was decided on."""
        self._log(narrative.executing(self._clock.now(), move))
        try:
            done = await self._executor.send(self._view.state, move, self._view.policy, secrets.token_hex(8))
        except HctuiError as error:
            done = NotDone(self._view.state, str(error))
        if isinstance(done, NotDone):
            self._publish(state=done.state)
            anew = "" if move.reason is Reason.MANUAL else " It is decided anew in the next cycle."
            self._tell("not_sent", f"Not sent: {done.sentence}{anew}", Level.WARNING)
            return
        level = Level.ERROR if done.migration.phase is Phase.NOT_STARTED else Level.INFO
        self._tell("answer", answer_sentence(done.answer), level)
        await self._settle(done.state, done.migration)

    def _unwanted(self) -> str:
        """Why nothing may be sent any more, or nothing: a command may say pause, or dry run."""
        if self._stopping:
            return "hctui was told to stop."
        return "A command has come in, which is carried out first." if self._desk.is_stirred else ""

    async def _look(self, *, is_due: bool) -> None:
        """Look at the migration under way, and settle what that shows; tell it if it is due or something changed."""
        before = self._view.state.migration
        assert before is not None  # noqa: S101 - the caller's condition
        vm = await self._seen(self._cluster.vm(before.move.vm_id))
        task: Task | Unread | None = None
        if before.task_id and isinstance(vm, Unread) and self._refusals:
            task = vm  # another login would be refused as well
        elif before.task_id:
            task = await self._seen(self._cluster.task(before.task_id))
        self._tell_unread(before, vm, task, is_due=is_due)
        now = self._clock.now()
        state, after = balancer.watched(self._view.state, Look(vm, task), self._view.policy, now)
        if after.phase.is_end:
            self._log(narrative.ended(now, after))
        elif is_due or (before.phase, before.progress_percent) != (after.phase, after.progress_percent):
            self._log(narrative.waiting(now, after))
        await self._settle(state, after)

    async def _seen(self, reading: Awaitable[T]) -> T | Unread:
        """What was read, or that it could not be, with the reason."""
        try:
            return await reading
        except HctuiError as error:
            self._refusals += isinstance(error, LoginRefused)
            return Unread(str(error))

    def _tell_unread(self, migration: Migration, *seen: object, is_due: bool) -> None:
        """Say why something could not be read: when that begins, and then as often as is polled; once for all."""
        reasons = [each.why for each in seen if isinstance(each, Unread)]
        if reasons and (is_due or not self._is_blind):
            reason = reasons[0].replace(f"/{migration.move.vm_id}", "")  # people know it by its name
            told = f"How far {migration.move.vm_name} has been migrated could not be read. {reason}"
            self._tell("unreadable", told, Level.ERROR)
        self._is_blind = bool(reasons)

    async def _settle(self, state: State, migration: Migration) -> None:
        """Take over what became of a migration, and write it down.

        A journal that fails here costs nothing: the intent is on disk, and after a restart the VM tells the rest.
        """
        self._publish(state=state)
        try:
            await self._memory.record_migration(migration, self._view.state)
        except HctuiError as error:
            self._tell("journal", str(error), Level.ERROR)

    async def _wait(self, seconds: float) -> None:
        """Sleep on the engine's clock, or until a command or `stop` wakes it."""
        if seconds <= 0 or self._desk.woken.is_set():
            self._desk.woken.clear()
            return
        await first_of(self._clock.sleep(seconds), self._desk.woken.wait())
        self._desk.woken.clear()

    def _resume(self) -> None:
        """Say what is gone on with."""
        state = self._view.state
        if self._was_held:
            self._tell(
                "dry_run_held",
                "DRY RUN, whatever the settings say: in the last run a person switched to it. It stays so until "
                "somebody switches to live with `hctui dry-run off` or the key d in the console.",
                Level.WARNING,
            )
        if self._was_paused and state.failure_pause_at is None:
            self._tell(
                "paused",
                "Paused in the last run, and it stays so: watching, deciding nothing, until somebody resumes it with "
                "`hctui resume` or the key p in the console.",
                Level.WARNING,
            )
        elif self._was_paused:
            told = streak.sentence(state, self._view.policy, self._clock.now())
            self._tell("paused", f"From the last run: {told}", Level.WARNING)
        if state.migration:
            move = state.migration.move
            who = "hctui had, before that error," if self._is_anew else "The last run had"
            self._tell(
                "picked_up",
                f"{who} begun to migrate {move.vm_name} from {move.source_name} to {move.target_name}: "
                "watching that to its end.",
            )
        if state.imagination and state.imagination.moves:
            number = count(len(state.imagination.moves), "imagined move")
            which = "The dry run" if self._is_anew else "The last dry run"
            self._tell("imagining", f"{which} is gone on with, with {number} counted in.")

    async def _leave(self) -> None:
        """Remember what was asked for and no cycle took any more, and say what is left undone."""
        orders = self._desk.unrecorded
        if self._desk.is_stirred or orders:
            state, _ = intake.taken(self._view.state, self._desk.take(), self._clock.now())
            self._publish(state=state)
            try:
                await self._memory.save_state(self._view.state, orders)
                self._desk.recorded(orders)
            except HctuiError as error:
                self._tell("journal", str(error), Level.ERROR)
        if migration := self._view.state.migration:
            move = migration.move
            told = (
                f"It is not known whether {move.vm_name} is still being migrated to {move.target_name}."
                if migration.phase is Phase.DOUBT
                else f"{move.vm_name} is still being migrated to {move.target_name}. The cluster goes on with that."
            )
            self._tell(
                "left_undone", f"{told} The journal holds it, and the next start looks at it.", Level.WARNING
            )

    def _tell(self, event: str, text: str, level: Level = Level.INFO) -> None:
        self._log(Line(self._clock.now(), event, text, level))

    async def _heed_going_live(self) -> None:
        """Once a dry run ends, say before the first move, not by it, what would keep the account from any."""
        was_dry, self._was_dry = self._was_dry, self._view.policy.dry_run
        if was_dry and not self._was_dry:
            try:
                await self._on_live()
            except HctuiError as error:
                self._tell("unreadable", str(error), Level.WARNING)

    def _publish(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of View
        self._desk.publish(**changes)


def _next_on_grid(due_at: float, interval_seconds: float, now: float) -> float:
    """The next poll after one that was due at `due_at`: on the grid, skipping polls that were missed."""
    missed = max(0.0, (now - due_at) // interval_seconds)
    return due_at + (missed + 1) * interval_seconds
