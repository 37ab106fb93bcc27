"""The table of nodes: load over time on a fixed scale, the mean that decides, RAM, and the state in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hctui.core.model import Node, NodeId
from hctui.core.policy import Policy
from hctui.core.relief import hot_above_percent, takes_below_percent
from hctui.tui.cell import EMPTY, Align, Cell, Tone, cell, joined
from hctui.tui.columns import Column
from hctui.tui.format import percent
from hctui.tui.glyphs import Glyphs
from hctui.tui.picture import Picture
from hctui.tui.spark import gauge, spark
from hctui.tui.trail import Trail

SPARK_WIDTH, WIDE_SPARK_WIDTH = 12, 20
GAUGE_WIDTH = 16
WIDE = 120

COLUMN_COUNT = 12


def columns(policy: Policy) -> tuple[Column, ...]:
    """The columns; the titles of the sparklines name the thresholds, since their heights cannot be read off."""
    cpu = f"CPU {takes_below_percent(policy):g}|{hot_above_percent(policy):g}"
    ram = f"RAM |{policy.ram_limit_percent:g}"
    return (
        Column("name", "node", 15),
        Column("cpu", cpu, SPARK_WIDTH, at_most=WIDE - 1),
        Column("cpu_wide", cpu, WIDE_SPARK_WIDTH, at_least=WIDE),
        Column("gauge", "mean, 0 to 100 %", GAUGE_WIDTH, at_least=WIDE),
        Column("mean", "mean", 6, Align.RIGHT),
        Column("ram", ram, SPARK_WIDTH, at_most=WIDE - 1),
        Column("ram_wide", ram, WIDE_SPARK_WIDTH, at_least=160),
        Column("ram_gauge", "RAM, 0 to 100 %", GAUGE_WIDTH, at_least=WIDE),
        Column("used", "used", 6, Align.RIGHT),
        Column("vms", "VMs", 4, Align.RIGHT),
        Column("ratio", "vCPU:thread", 11, Align.RIGHT, at_least=100),
        Column("state", "state", 12, flex=1),
    )


def order(picture: Picture) -> list[NodeId]:
    """The nodes in the order of the cluster's answer, which does not change while they come and go."""
    return list(picture.snapshot.nodes) if picture.snapshot else []


def row(picture: Picture, node_id: NodeId, trail: Trail, glyphs: Glyphs, width: int) -> tuple[Cell, ...]:
    """The cells of one node, one for each column. A sparkline is drawn once, as a table so wide shows it."""
    s = picture.situation
    node = s.snapshot.nodes.get(node_id) if s else None
    if s is None or node is None:
        return (cell(),) * COLUMN_COUNT
    policy = picture.view.policy
    upper, lower = hot_above_percent(policy), takes_below_percent(policy)
    limit = policy.ram_limit_percent
    mean, used = s.means[node_id], node.mem_percent
    cpu, ram = trail.cpu_percent(node_id), trail.mem_percent(node_id)
    vms = s.placed[node_id]
    spark_width = SPARK_WIDTH if width < WIDE else WIDE_SPARK_WIDTH
    cpu_spark = spark(cpu, spark_width, lower, upper, glyphs)
    ram_spark = spark(ram, spark_width, limit, limit, glyphs)
    return (
        cell(node.name, Tone.STRONG),
        cpu_spark,
        cpu_spark,
        gauge(mean, GAUGE_WIDTH, lower, upper, glyphs),
        cell(percent(mean), _load_tone(mean, upper)),
        ram_spark,
        ram_spark,
        gauge(used, GAUGE_WIDTH, limit, limit, glyphs),
        cell(percent(used), _load_tone(used, limit)),
        cell(str(len(vms))),
        cell(ratio(node, [vm.vcpus for vm in vms])),
        state(picture, node_id),
    )


def ratio(node: Node, vcpus: Sequence[int]) -> str:
    """VCPUs of the VMs on a node for each hardware thread; `-` when not known."""
    return f"{sum(vcpus) / node.threads:.1f}" if node.threads else "-"


def state(picture: Picture, node_id: NodeId) -> Cell:
    """What is to be said of a node, in words; first, whether its figures are those of imagined moves."""
    imagined = cell("imagined", Tone.ACCENT) if node_id in picture.imagined_nodes else EMPTY
    return joined(imagined, _state(picture, node_id), between=cell(", ", Tone.ACCENT))


def _state(picture: Picture, node_id: NodeId) -> Cell:
    """What keeps a node from taking part, or hot, or coolest."""
    s = picture.situation
    assert s is not None  # noqa: S101 - the caller has a row to fill
    usable = s.usable[node_id]
    if not usable.ok:
        node = s.snapshot.nodes[node_id]
        return cell(usable.sentence.removeprefix(f"{node.name} ").rstrip("."), Tone.WARNING)
    mean, policy = s.means[node_id], s.policy
    if mean is None:
        return cell(f"history {s.readings[node_id].progress}", Tone.DIM)
    if mean > hot_above_percent(policy):
        return cell("hot", Tone.BAD)
    known = [load.node_id for load in s.loads() if load.mean_percent is not None]
    if len(known) > 1 and known[-1] == node_id:
        return cell("coolest", Tone.GOOD)
    return cell("may take VMs" if mean < takes_below_percent(policy) else "", Tone.DIM)


def legend(picture: Picture) -> str:
    """What the colours and marks of the table mean, with the thresholds."""
    policy = picture.view.policy
    return (
        f"CPU hot above {hot_above_percent(policy):g} %, takes VMs below {takes_below_percent(policy):g} %; "
        f"RAM limit {policy.ram_limit_percent:g} %"
    )


def _load_tone(value: float | None, upper: float) -> Tone:
    return Tone.BAD if value is not None and value > upper else Tone.PLAIN
