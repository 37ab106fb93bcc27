"""The status bar and the terminal's title in words: who, how, and what is being done. Pure.

What stands here is always on the screen: the two switches, whether it is paused or has no journal, which node is asked
if not the configured one, what vouches for the cluster's certificate, how old the data is, and what the cycle is doing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from hctui.core.decision import Check, Decision, Outcome, window_progress
from hctui.core.migration import Migration, Phase
from hctui.core.policy import Mode
from hctui.core.state import remaining_seconds
from hctui.core.wording import count
from hctui.engine.view import View
from hctui.tui.cell import EMPTY, Cell, Tone, cell, joined
from hctui.tui.format import age, latency, percent, timer
from hctui.tui.picture import Picture

_UNREACHABLE = "The cluster cannot be reached"

MOST_POLL_SECONDS = 120
"""A longer wait for the next poll is told in minutes."""

STALE_POLLS = 2
"""Data older than so many intervals is marked."""


def identity(picture: Picture, attached_to: int | None = None) -> Cell:
    """The cluster's name and size; its address until it has told its name.

    `attached_to` is the process of the engine, where that is another one than ours: it comes before the size, for which
    a narrow screen has no room then.
    """
    view = picture.view
    named = view.cluster.name if view.cluster else ""
    name = cell(named or view.contact.address, Tone.STRONG)
    if attached_to is not None:
        name = joined(name, cell(f"  attached to process {attached_to}", Tone.ACCENT))
    if view.cluster is None or picture.snapshot is None:
        return name
    size = f"  {count(len(picture.snapshot.nodes), 'node')}  {count(len(picture.snapshot.vms), 'VM')}"
    return joined(name, cell(size, Tone.DIM))


def switches(view: View) -> Cell:
    """`DRY RUN` or `LIVE`, `AUTO` or `APPROVE`, and what else is not as usual.

    `PAUSED`, `DRAINING` or `DRAINED` for a node, and `NO JOURNAL` while that cannot be written.
    """
    dry = view.policy.dry_run
    words = [cell(" DRY RUN ", Tone.GOOD) if dry else cell(" LIVE ", Tone.WARNING)]
    words.append(cell(f" {view.policy.mode.upper()} ", Tone.STRONG))
    if view.state.paused:
        words.append(cell(" PAUSED ", Tone.NOTICE))
    if view.state.drain:
        words.append(cell(" DRAINED " if view.state.drain.is_empty else " DRAINING ", Tone.NOTICE))
    if view.journal_error:
        words.append(cell(" NO JOURNAL ", Tone.BAD))
    return joined(*words)


def trust(view: View) -> Cell:
    """What vouches for the cluster's certificate."""
    unverified = "unverified" in view.contact.trust
    return cell(view.contact.trust, Tone.BAD if unverified else Tone.DIM)


def detour(picture: Picture) -> Cell:
    """`via .102` while another node than the configured one is asked; else nothing."""
    way = picture.view.contact.detour
    if way is None:
        return EMPTY
    host = way.via.rpartition(":")[0].strip("[]")
    nodes = picture.snapshot.nodes.values() if picture.snapshot else ()
    asked = next((picture.node_name(node.id) for node in nodes if node.lan_ip == host), host)
    return cell(f"via {asked}  ", Tone.WARNING)


def data_age(view: View, now: float) -> Cell:
    """How old the newest data is; marked once polls have been missed."""
    if view.snapshot is None:
        return cell("no data yet", Tone.NOTICE)
    seconds = max(0.0, now - view.snapshot.taken_at)
    stale = seconds > STALE_POLLS * view.policy.interval_seconds
    return cell(f"data {age(seconds)}{' old' if stale else ''}", Tone.BAD if stale else Tone.DIM)


def api(view: View) -> Cell:
    """How long the last poll took: slowness is the cluster's or ours."""
    if view.contact.error:
        return cell("API error", Tone.BAD)
    if view.contact.latency_seconds is None:
        return cell("API -", Tone.DIM)
    return cell(f"API {latency(view.contact.latency_seconds)}", Tone.DIM)


def next_poll(view: View, now: float) -> Cell:
    """When the cluster is asked again, or that it is being asked."""
    if view.is_reading:
        return cell("reading", Tone.DIM)
    if view.next_poll_at is None:
        return cell("")
    left = max(0, math.ceil(view.next_poll_at - now))
    # As the setting counts: there is no room for `1:30 min`.
    return cell(f"poll {left} s" if left <= MOST_POLL_SECONDS else f"poll {timer(left)}", Tone.DIM)


def activity(picture: Picture, now: float) -> Cell:
    """What the cycle is doing, in words; the most urgent thing."""
    view, state = picture.view, picture.view.state
    if state.migration:
        return cell(_migrating(state.migration, picture), Tone.ACCENT)
    if view.contact.error:
        return cell(_trouble(view.contact.error), Tone.BAD)
    if view.journal_error:
        # The reason first here, too; before it stands the path of the file.
        return cell(f"nothing is migrated: {view.journal_error.rpartition(': ')[2]}", Tone.BAD)
    if view.cluster is None or view.decision is None:
        return cell(
            f"connecting to {view.contact.address}" if view.cluster is None else "reading the cluster"
        )
    if state.paused:
        return cell(_paused(view, now), Tone.NOTICE if state.failure_pause_at is None else Tone.WARNING)
    if state.proposal:
        left = view.policy.proposal_limit_seconds - (now - state.proposal.made_at)
        return cell(f"waiting for you: a proposal, for {timer(max(0.0, left))}", Tone.ACCENT)
    return _ACTIVITIES[view.decision.outcome](picture, view.decision, now)


def _paused(view: View, now: float) -> str:
    """By whom, and for how long: a pause after failures ends by itself, unless the settings say otherwise."""
    since, length = view.state.failure_pause_at, view.policy.failure_pause_seconds
    if since is None:
        return "paused: watching, deciding nothing"
    until = f"for {timer(remaining_seconds(since, length, now))}" if length else "until you resume it"
    return f"paused after {count(len(view.state.failed_in_a_row), 'failed migration')}, {until}"


def _trouble(error: str) -> str:
    """The reason first: on a narrow screen the address would leave no room for it."""
    if not error.startswith(_UNREACHABLE):
        return error
    return f"no contact: {error.rpartition(': ')[2]}"


def _balanced(picture: Picture, decision: Decision, now: float) -> Cell:
    busiest = next((load for load in decision.loads if load.mean_percent is not None), None)
    if busiest is None:
        return cell(decision.sentence)
    load = f"busiest {picture.node_name(busiest.node_id)} at {percent(busiest.mean_percent)}"
    if not decision.imagined:
        return cell(f"balanced: {load}")
    # What is cut on a narrow screen is how many, never that it is not real.
    return cell(f"imagined balance: {load} after {count(decision.imagined, 'move')}")


def _migrating(migration: Migration, picture: Picture) -> str:
    move, target = migration.move, picture.node_name(migration.move.target)
    told = {
        Phase.INTENT: f"asking the cluster to move {move.vm_name} to {target}",
        Phase.CONFIRMING: f"waiting for {move.vm_name} to settle on {target}",
        Phase.DOUBT: f"not known whether {move.vm_name} migrates to {target}; looking again",
    }
    return told.get(migration.phase, f"migrating {move.vm_name} to {target}, {migration.progress_percent} %")


def _standing_down(picture: Picture, decision: Decision, now: float) -> Cell:
    failed = [verdict for verdict in decision.safety if not verdict.ok]
    if failed and all(verdict.check is Check.RECOVERED for verdict in failed):
        left = remaining_seconds(
            picture.view.state.unwell_at, picture.view.policy.recovery_cooldown_seconds, now
        )
        return cell(f"standing down: recovery cooldown {timer(left)}", Tone.NOTICE)
    return cell(f"standing down: {failed[0].sentence if failed else ''}", Tone.WARNING)


def _cooling_down(picture: Picture, decision: Decision, now: float) -> Cell:
    state, policy = picture.view.state, picture.view.policy
    ended_at = state.ledger.last_ended_at
    imagined = "imagined " if ended_at != state.real.last_ended_at else ""
    left = remaining_seconds(ended_at, policy.cluster_cooldown_seconds, now)
    return cell(f"{imagined}cluster cooldown {timer(left)}", Tone.NOTICE)


def _collecting(picture: Picture, decision: Decision, now: float) -> Cell:
    if len(decision.loads) < 2:
        return cell("fewer than two nodes are usable", Tone.WARNING)
    return cell(f"history {window_progress(decision.loads)}", Tone.NOTICE)


def _moved(picture: Picture, decision: Decision, now: float) -> Cell:
    move = decision.move
    if move is None:
        return cell(decision.sentence)
    verb = "would move" if decision.dry_run else "moving"
    return cell(f"{verb} {move.vm_name} to {picture.node_name(move.target)}", Tone.ACCENT)


def _told(tone: Tone) -> Callable[[Picture, Decision, float], Cell]:
    return lambda picture, decision, now: cell(decision.sentence, tone)


_ACTIVITIES: dict[Outcome, Callable[[Picture, Decision, float], Cell]] = {
    **{outcome: _told(Tone.PLAIN) for outcome in Outcome},
    Outcome.NO_DATA: _told(Tone.BAD),
    Outcome.BALANCED: _balanced,
    Outcome.BLOCKED: _told(Tone.WARNING),
    Outcome.STANDING_DOWN: _standing_down,
    Outcome.COOLING_DOWN: _cooling_down,
    Outcome.BUDGET_SPENT: _told(Tone.NOTICE),
    Outcome.OFF_HOURS: _told(Tone.NOTICE),
    Outcome.COLLECTING: _collecting,
    Outcome.MOVE: _moved,
}


def title(picture: Picture) -> str:
    """The terminal's title, which tmux can show in its status line: cluster, switches and state, without timers."""
    view = picture.view
    name = view.cluster.name if view.cluster else view.contact.address
    dry = "DRY RUN" if view.policy.dry_run else "LIVE"
    words = [name, dry, "AUTO" if view.policy.mode is Mode.AUTO else "APPROVE"]
    if view.state.paused:
        words.append("PAUSED")
    if view.state.migration:
        words.append(f"migrating {view.state.migration.move.vm_name}")
    elif view.contact.error:
        words.append("no contact")
    elif view.journal_error:
        words.append("no journal")
    elif view.state.proposal:
        words.append("proposal waits")
    elif view.decision and view.decision.outcome is Outcome.STANDING_DOWN:
        words.append("standing down")
    return f"hctui: {' '.join(words)}"
