"""Learns from its own real migrations: how long a GiB takes, and whether moves do to their nodes what was projected.

Before a move is asked for, both nodes are noted as they are and as they would be; 5 and 30 minutes after it has arrived
they are measured, unless another move has touched one of them. Three moves for load in a row after which the higher of
the two nodes is hardly lower widen the margin that targets keep; one that helped takes a step of that back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hctui.core.decision import Move, Notice
from hctui.core.effect import effect
from hctui.core.history import Sample
from hctui.core.learned import Forecast, Learned, Reading
from hctui.core.migration import Migration, Phase
from hctui.core.model import NodeId
from hctui.core.situation import Situation
from hctui.core.state import State
from hctui.core.wording import percent

SOON_SECONDS = 300.0
LATE_SECONDS = 1800.0
MEASURED_SECONDS = 300.0
"""What is measured is a mean over so long, up to the moment."""

LEAST_HELP_POINTS = 2.0
"""A move helped if the higher of the two nodes is at least so much lower."""

UNHELPFUL_IN_A_ROW = 3
MARGIN_STEP_POINTS = 5.0
MOST_MARGIN_POINTS = 15.0
MOST_PACES = 20
MOST_AWAITING = 20

LEAST_GIB = 1.0
"""Of smaller VMs most of the time is that of asking, and says little of the pace."""

GIB = 1024**3


def foreseen(state: State, s: Situation, move: Move) -> State:
    """The state with what the move that is about to be asked for would do."""
    would = effect(s, move)
    forecast = Forecast(
        "",
        move.vm_id,
        move.vm_name,
        move.source,
        move.source_name,
        move.target,
        move.target_name,
        Reading(would.source_cpu.before, would.target_cpu.before),
        Reading(would.source_cpu.after, would.target_cpu.after),
        move.reason.is_load,
    )
    return replace(state, learned=replace(state.learned, foreseen=forecast))


def begun(state: State, migration_id: str) -> State:
    """The state once that move is being asked for, under this id."""
    forecast = state.learned.foreseen
    if forecast is None:
        return state
    return replace(
        state, learned=replace(state.learned, foreseen=replace(forecast, migration_id=migration_id))
    )


def ended(state: State, migration: Migration, now: float) -> State:
    """The state once a migration has ended: an arrival tells the pace, and begins to be measured."""
    learned, forecast = state.learned, state.learned.foreseen
    learned = replace(learned, foreseen=None)
    if migration.phase is Phase.ARRIVED:
        gib = migration.move.mem_bytes / GIB
        if gib >= LEAST_GIB and now > migration.requested_at:
            paces = (*learned.paces, (now - migration.requested_at) / gib)
            learned = replace(learned, paces=paces[-MOST_PACES:])
        touched = {migration.move.source, migration.move.target}
        awaiting = tuple(_disturbed(each, touched) for each in learned.awaiting)
        if forecast and forecast.migration_id == migration.id:
            awaiting = (*awaiting, replace(forecast, arrived_at=now))[-MOST_AWAITING:]
        learned = replace(learned, awaiting=awaiting)
    return replace(state, learned=learned)


def _disturbed(forecast: Forecast, touched: set[NodeId]) -> Forecast:
    is_one = not touched.isdisjoint({forecast.source, forecast.target})
    return replace(forecast, disturbed=forecast.disturbed or is_one)


def measured(state: State, now: float) -> tuple[State, tuple[Notice, ...]]:
    """Measure what is due, with the samples there are, and draw the conclusions."""
    learned, notices = state.learned, list[Notice]()
    if not learned.awaiting and not learned.news:
        return state, ()
    news, awaiting = [], []
    for forecast in learned.awaiting:
        seen = _looked_at(forecast, state.samples, now)
        if seen is not forecast:
            news.append(seen)
        if seen.soon is not None and forecast.soon is None:
            learned, notice = _concluded(learned, seen)
            notices += notice
        if seen.late is None:
            awaiting.append(seen)
    learned = replace(learned, awaiting=tuple(awaiting), news=tuple(news))
    return replace(state, learned=learned), tuple(notices)


def _looked_at(forecast: Forecast, samples: tuple[Sample, ...], now: float) -> Forecast:
    arrived_at = forecast.arrived_at if forecast.arrived_at is not None else now
    if forecast.soon is None and now >= arrived_at + SOON_SECONDS:
        return replace(forecast, soon=_reading(forecast, samples, arrived_at, now))
    if forecast.late is None and now >= arrived_at + LATE_SECONDS:
        return replace(forecast, late=_reading(forecast, samples, arrived_at, now))
    return forecast


def _reading(forecast: Forecast, samples: tuple[Sample, ...], arrived_at: float, now: float) -> Reading:
    """Means of both nodes up to now, of samples after the arrival; unknown where another move has touched one."""
    if forecast.disturbed:
        return Reading(None, None)
    begin = max(arrived_at, now - MEASURED_SECONDS)
    counted = [sample for sample in samples if begin < sample.at <= now]
    return Reading(
        *(_mean(sample.nodes.get(node) for sample in counted) for node in (forecast.source, forecast.target))
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def is_helpful(forecast: Forecast) -> bool | None:
    """Whether the higher of the two nodes was clearly lower 5 minutes after; `None` where that is not known."""
    if not forecast.is_for_load or forecast.soon is None:
        return None
    pairs = (forecast.before, forecast.soon)
    if any(each.source_percent is None or each.target_percent is None for each in pairs):
        return None
    before, after = (max(each.source_percent or 0.0, each.target_percent or 0.0) for each in pairs)
    return before - after >= LEAST_HELP_POINTS


def _concluded(learned: Learned, forecast: Forecast) -> tuple[Learned, tuple[Notice, ...]]:
    helped, extra = is_helpful(forecast), learned.extra_margin_points
    if helped is None:
        return learned, ()
    if helped:
        narrower = max(0.0, extra - MARGIN_STEP_POINTS)
        return replace(learned, unhelpful_in_a_row=0, extra_margin_points=narrower), ()
    in_a_row = learned.unhelpful_in_a_row + 1
    if in_a_row < UNHELPFUL_IN_A_ROW:
        return replace(learned, unhelpful_in_a_row=in_a_row), ()
    wider = min(MOST_MARGIN_POINTS, extra + MARGIN_STEP_POINTS)
    told = (
        f"{in_a_row} moves in a row did not help: the higher of their two nodes was not {LEAST_HELP_POINTS:g} points "
        f"lower after 5 minutes. The latest: {sentence(forecast)} Under best-fit, targets now stay {wider:g} points "
        "further below the upper threshold, until moves help again."
    )
    return replace(learned, unhelpful_in_a_row=0, extra_margin_points=wider), (
        Notice("unhelpful_moves", told),
    )


def sentence(forecast: Forecast) -> str:
    """Predicted against measured, for both nodes: what the history tells of a migration."""
    source = _told(forecast, forecast.source_name, "source_percent")
    target = _told(forecast, forecast.target_name, "target_percent")
    disturbed = " Another move touched one of them meanwhile." if forecast.disturbed else ""
    return f"CPU of {source}; of {target}.{disturbed}"


def _told(forecast: Forecast, name: str, field: str) -> str:
    before, after = (_percent(getattr(each, field)) for each in (forecast.before, forecast.after))
    measured = [
        f"{_percent(getattr(reading, field))} after {minutes} min"
        for reading, minutes in ((forecast.soon, 5), (forecast.late, 30))
        if reading is not None
    ]
    return ", ".join([f"{name} {before} -> {after} predicted", *measured])


def _percent(value: float | None) -> str:
    return "unknown" if value is None else percent(value)
