"""The list of broken rules: the pair or pin, where, and what is planned, or why it cannot be fixed. Pure."""

from __future__ import annotations

from hctui.core.decision import Finding
from hctui.core.model import VmId
from hctui.core.wording import listing
from hctui.tui.cell import Cell, Tone, cell
from hctui.tui.columns import Column
from hctui.tui.picture import Picture

COLUMNS = (
    Column("rule", "rule", 13),
    Column("vms", "VMs", 18, flex=1),
    Column("node", "node", 8),
    Column("plan", "planned, or what stands in the way", 34, flex=3),
)


def order(picture: Picture) -> dict[str, Finding]:
    """The broken rules by the key of their row."""
    return {f"{finding.reason}:{':'.join(finding.vm_ids)}": finding for finding in picture.findings}


def row(picture: Picture, finding: Finding) -> tuple[Cell, ...]:
    """The cells of one broken rule."""
    vms = [picture.vm(vm_id) for vm_id in finding.vm_ids]
    names = [vm.name if vm else str(vm_id) for vm, vm_id in zip(vms, finding.vm_ids, strict=True)]
    here = vms[0].node_id if vms and vms[0] else None
    return (
        cell(finding.reason, Tone.BAD),
        cell(listing(names)),
        cell(picture.node_name(here)),
        plan(picture, finding),
    )


def plan(picture: Picture, finding: Finding) -> Cell:
    """What will be done, or what stands in the way."""
    move = finding.move
    if move:
        proposal = picture.view.state.proposal
        waits = proposal is not None and (proposal.move.vm_id, proposal.move.target) == (
            move.vm_id,
            move.target,
        )
        verb = "waits for approval" if waits else "would move" if picture.view.policy.dry_run else "to move"
        return cell(f"{verb}: {move.vm_name} to {picture.node_name(move.target)}", Tone.ACCENT)
    rest = finding.sentence.removeprefix(finding.headline).strip()
    return cell(rest, Tone.WARNING if finding.candidates else Tone.DIM)


def first_vm(finding: Finding) -> VmId:
    """The VM that a row stands for when it is explained or moved."""
    return finding.vm_ids[0]
