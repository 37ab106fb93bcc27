"""All there is to know about a VM, as facts with their names. Pure; the past is handed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hctui.core.model import NodeId, Vm, VmId
from hctui.core.policy import Policy
from hctui.core.situation import Situation
from hctui.core.state import Failure, Ledger, Rejection, back_off_seconds, remaining_seconds
from hctui.core.wording import count, listing, percent
from hctui.engine.queries import MigrationTold
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.format import called, date_time, gib, timer
from hctui.tui.glyphs import Glyphs
from hctui.tui.paragraph import Paragraph, blank
from hctui.tui.picture import Picture
from hctui.tui.spark import spark
from hctui.tui.texts.links import to_node
from hctui.tui.texts.verdicts import fact, heading

MOST_MOVES = 10
"""So many of its last moves are told."""

GONE = "The cluster does not report this VM, or no longer."

_FULL = 100.0


def told(
    picture: Picture,
    vm_id: VmId,
    now: float,
    moves: Sequence[MigrationTold] | str,
    glyphs: Glyphs,
) -> tuple[Paragraph, ...]:
    """The facts of a VM as decisions see it; where a dry run imagines it elsewhere, both places.

    Args:
        picture: the latest.
        vm_id: the VM.
        now: Unix seconds, for the timers.
        moves: its migrations, the latest first; or a sentence that says why they are not known.
        glyphs: for the history and for marks.
    """
    s, vm = picture.situation, picture.vm(vm_id)
    gone = () if vm else (Paragraph("gone", cell(GONE, Tone.WARNING)), fact("id", cell(vm_id)))
    facts = (
        (*_facts(picture, s, vm, glyphs), *_rules(picture, s, vm), *_waits(picture, vm_id, now))
        if s and vm
        else ()
    )
    return (*gone, *facts, *_moves(moves, glyphs))


def _facts(picture: Picture, s: Situation, vm: Vm, glyphs: Glyphs) -> Iterator[Paragraph]:
    yield fact("name", cell(called(vm.name), Tone.STRONG))
    yield fact("id", cell(vm.id))
    yield fact("node", _node(picture, vm, glyphs), link=to_node(vm.node_id) if vm.node_id else "")
    told = picture.vm_state(vm)
    yield fact(
        "state", joined(cell(vm.state.lower()), cell(f", {told}" if told else "", _state_tone(picture, vm)))
    )
    reading = s.window.vm(vm.id)
    mean = "not known" if reading.partial_percent is None else percent(reading.partial_percent)
    yield fact("CPU", cell(f"{_now_percent(vm)} of its own vCPUs; mean over the window {mean}"))
    share = picture.share_percent(vm)
    yield fact(
        "share of node", cell("not known" if share is None else f"{percent(share)} of the whole node's CPU")
    )
    missing = "" if reading.mean_percent is not None else ", not full"
    yield fact("history", joined(_history(s, vm, glyphs), cell(f"  {reading.progress} samples{missing}")))
    yield fact("RAM", cell(f"{gib(vm.mem_bytes)} reserved"))
    yield fact("vCPUs", cell(str(vm.vcpus)))
    yield fact("tags", cell(", ".join(vm.tags) or "none"))
    profile = next((tag for tag in vm.tags if tag in s.snapshot.gpu_profiles), None)
    yield fact("virtual GPU", cell("none" if profile is None else f"{profile}; so it is not moved"))
    yield fact("last task", cell(vm.task.lower() if vm.task else "none known"))


def _now_percent(vm: Vm) -> str:
    return "not known" if vm.cpu_percent is None else percent(vm.cpu_percent)


def _state_tone(picture: Picture, vm: Vm) -> Tone:
    return Tone.BAD if vm.id in picture.broken else Tone.ACCENT


def _full_name(picture: Picture, node_id: NodeId | None) -> str:
    node = picture.snapshot.nodes.get(node_id) if picture.snapshot and node_id else None
    return node.name if node else str(node_id or "none")


def _node(picture: Picture, vm: Vm, glyphs: Glyphs) -> Cell:
    real = picture.real_vm(vm.id)
    here = _full_name(picture, real.node_id if real else vm.node_id)
    if not vm.is_placed:
        return cell(f"none; last on {here}" if vm.node_id else "none")
    if real and real.node_id != vm.node_id:
        imagined = f" {glyphs.arrow} {_full_name(picture, vm.node_id)} imagined by the dry run"
        return joined(cell(here), cell(imagined, Tone.ACCENT))
    return cell(here)


def _history(s: Situation, vm: Vm, glyphs: Glyphs) -> Cell:
    samples = [sample.vms.get(vm.id) for sample in s.window.samples]
    return spark(samples, s.window.expected, None, _FULL, glyphs)


def _rules(picture: Picture, s: Situation, vm: Vm) -> Iterator[Paragraph]:
    yield blank("rules")
    yield heading("rules", "Rules")
    for number, (name, sentence, tone) in enumerate(_rule_facts(picture, s, vm)):
        yield fact(name, cell(sentence, tone), indent=2, key=f"rule-{number}")


def _rule_facts(picture: Picture, s: Situation, vm: Vm) -> Iterator[tuple[str, str, Tone]]:
    rivals = [s.snapshot.vms[rival] for rival in s.rules.rivals.get(vm.id, ())]
    if rivals:
        names = [f"{rival.name} (on {picture.node_name(rival.node_id)})" for rival in rivals]
        yield "kept apart", f"from {listing(names)}", Tone.PLAIN
    homes = s.rules.homes.get(vm.id, frozenset())
    if homes:
        yield "pinned", f"to {listing(sorted(s.node_name(home) for home in homes))}", Tone.PLAIN
    if vm.id in s.rules.nomove:
        yield "nomove", "never moved automatically", Tone.PLAIN
    yield "HyperCore", _native(s, vm), Tone.PLAIN
    if vm.id in picture.broken:
        yield "at present", picture.broken[vm.id], Tone.BAD
    for problem in s.rules.problems:
        if problem.vm_id == vm.id:
            yield "wrong", problem.sentence, Tone.WARNING


def _native(s: Situation, vm: Vm) -> str:
    wish = vm.affinity
    if not (wish.strict or wish.preferred or wish.backup):
        return "no affinity of its own"
    kind = "strict affinity: only" if wish.strict else "affinity: prefers"
    nodes = [
        f"{s.node_name(node)} ({role})"
        for node, role in ((wish.preferred, "preferred"), (wish.backup, "backup"))
        if node
    ]
    return f"{kind} {listing(nodes) or 'no node at all'}"


def _waits(picture: Picture, vm_id: VmId, now: float) -> Iterator[Paragraph]:
    ledger, policy = picture.view.state.ledger, picture.view.policy
    yield blank("waits")
    yield heading("waits", "Waiting times")
    left = picture.cooldown_seconds(vm_id, now)
    cooldown = (
        cell("none")
        if left <= 0
        else cell(f"{timer(left)} left, {_arrived(picture, ledger, vm_id)}", Tone.NOTICE)
    )
    yield fact("cooldown", cooldown, indent=2)
    for number, told in enumerate(_rests(picture, ledger, policy, vm_id, now)):
        yield fact("back-off", cell(told, Tone.NOTICE), indent=2, key=f"back-off-{number}")


def _arrived(picture: Picture, ledger: Ledger, vm_id: VmId) -> str:
    arrival = ledger.arrivals[vm_id]
    imagined = (
        ", imagined"
        if picture.view.state.imagination and arrival != picture.view.state.real.arrivals.get(vm_id)
        else ""
    )
    return (
        f"since it came from {_full_name(picture, arrival.source)} to {_full_name(picture, arrival.target)} "
        f"at {date_time(arrival.at)}{imagined}"
    )


def _rests(picture: Picture, ledger: Ledger, policy: Policy, vm_id: VmId, now: float) -> Iterator[str]:
    for failure in ledger.failures:
        left = remaining_seconds(failure.last_at, back_off_seconds(failure, policy), now)
        if failure.vm_id == vm_id and left > 0:
            failed = f"failed {count(failure.count, 'time')}; {timer(left)} left."
            yield f"{_to(picture, failure)} {failed} {failure.message}"
    for rejection in ledger.rejections:
        left = remaining_seconds(rejection.at, policy.vm_cooldown_seconds, now)
        if rejection.vm_id == vm_id and left > 0:
            yield f"{_to(picture, rejection)} was rejected at {date_time(rejection.at)}; {timer(left)} left."


def _to(picture: Picture, what: Failure | Rejection) -> str:
    return f"moving it to {_full_name(picture, what.target)}"


def _moves(moves: Sequence[MigrationTold] | str, glyphs: Glyphs) -> Iterator[Paragraph]:
    yield blank("moves")
    yield heading("moves", "Its last moves")
    if isinstance(moves, str):
        yield Paragraph("no-moves", cell(moves, Tone.DIM), indent=2)
        return
    if not moves:
        yield Paragraph("no-moves", cell("none in the journal", Tone.DIM), indent=2)
    for move in moves[:MOST_MOVES]:
        yield Paragraph(
            f"move-{move.id}", _move(move, glyphs), cell(date_time(move.requested_at), Tone.DIM), 2, 21
        )


def _move(move: MigrationTold, glyphs: Glyphs) -> Cell:
    route = cell(f"{move.source_name} {glyphs.arrow} {move.target_name}  ")
    if move.is_imagined:
        return joined(route, cell("imagined", Tone.ACCENT), cell(f", {move.reason}", Tone.DIM))
    took = "" if move.seconds is None else f" after {timer(move.seconds)}"
    phase = str(move.phase)
    return joined(route, cell(f"{phase}{took}"), cell(f", {move.reason}. {move.note}".rstrip(". "), Tone.DIM))
