"""Bytes and back: nothing is lost but the third decimal of a percentage, and it stays small."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass, replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.core.decision import Decision, Move, Reason
from hctui.core.history import sample_of
from hctui.core.migration import Migration, Phase
from hctui.core.model import NodeId, TaskId, Vm, VmId
from hctui.core.secret import Secret
from hctui.core.state import (
    Arrival,
    Departure,
    FailedMove,
    Failure,
    Imagination,
    ImaginedMove,
    Ledger,
    Others,
    Proposal,
    Rejection,
    Sighting,
    State,
    WallClock,
)
from hctui.journal import encoding
from tests.journal.build import START, full_decision, full_state, large_snapshot, node, snapshot, vm

TIMES = st.floats(min_value=0, max_value=1e11)
VM_IDS = st.builds(VmId, st.text(max_size=9))
NODE_IDS = st.builds(NodeId, st.text(max_size=9))
MOVES = st.builds(
    Move,
    vm_id=VM_IDS,
    vm_name=st.text(max_size=9),
    source=NODE_IDS,
    source_name=st.text(max_size=9),
    target=NODE_IDS,
    target_name=st.text(max_size=9),
    overrides_cooldowns=st.booleans(),
    reason=st.sampled_from(Reason),
    sentence=st.text(max_size=20),
    mem_bytes=st.integers(0, 2**50),
)
LEDGERS = st.builds(
    Ledger,
    fresh_since=TIMES,
    last_ended_at=st.none() | TIMES,
    arrivals=st.dictionaries(VM_IDS, st.builds(Arrival, TIMES, NODE_IDS, NODE_IDS), max_size=3),
    failures=st.lists(
        st.builds(Failure, VM_IDS, NODE_IDS, st.integers(1, 99), TIMES, st.text(max_size=9), st.booleans()),
        max_size=3,
    ).map(tuple),
    rejections=st.lists(st.builds(Rejection, VM_IDS, NODE_IDS, TIMES), max_size=3).map(tuple),
    departures=st.lists(st.builds(Departure, VM_IDS, NODE_IDS, TIMES), max_size=3).map(tuple),
)
IMAGINED = st.dictionaries(VM_IDS, st.builds(ImaginedMove, NODE_IDS, NODE_IDS, TIMES), max_size=3)
MIGRATIONS = st.builds(
    Migration,
    id=st.text(max_size=9),
    move=MOVES,
    requested_at=TIMES,
    phase=st.sampled_from(Phase),
    phase_since=TIMES,
    task_id=st.none() | st.builds(TaskId, st.text(max_size=9)),
    progress_percent=st.integers(0, 100),
    note=st.text(max_size=9),
)
STATES = st.builds(
    State,
    real=LEDGERS,
    imagination=st.none() | st.builds(Imagination, LEDGERS, IMAGINED),
    migration=st.none() | MIGRATIONS,
    proposal=st.none() | st.builds(Proposal, st.integers(1, 999), MOVES, TIMES),
    proposals_made=st.integers(0, 999),
    paused=st.booleans(),
    unwell_at=st.none() | TIMES,
    failed_in_a_row=st.lists(
        st.builds(FailedMove, TIMES, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)),
        max_size=3,
    ).map(tuple),
    failure_pause_at=st.none() | TIMES,
    unclear_since=st.none() | TIMES,
    others=st.builds(
        Others,
        st.lists(st.builds(Sighting, VM_IDS, st.text(max_size=9), TIMES, TIMES), max_size=3).map(tuple),
        st.none() | TIMES,
    ),
    clock=st.builds(WallClock, st.none() | TIMES, st.lists(TIMES, max_size=8).map(tuple)),
)


@given(STATES)
def test_any_state_comes_back_as_it_was(state: State) -> None:
    assert encoding.read_state(encoding.write_state(state)) == state


def test_a_state_with_every_field_set_comes_back() -> None:
    state = full_state()
    assert encoding.read_state(encoding.write_state(state)) == state


def at_default(value: object) -> list[str]:
    """The names of fields that are what they would be anyway."""
    assert is_dataclass(value)
    return [
        field.name
        for field in fields(value)
        if (field.default is not MISSING and getattr(value, field.name) == field.default)
        or (field.default_factory is not MISSING and getattr(value, field.name) == field.default_factory())
    ]


def test_the_full_values_really_are_full() -> None:
    state = full_state()
    assert at_default(state) == ["samples"]
    for part in (state.real, state.imagination, state.migration, state.real.failures[0], full_decision(0.0)):
        assert at_default(part) == []


def test_samples_are_not_part_of_a_saved_state() -> None:
    state = replace(full_state(), samples=(sample_of(snapshot(START)),))
    assert encoding.read_state(encoding.write_state(state)) == full_state()


def test_a_move_from_before_moves_by_hand_overrides_nothing() -> None:
    state = full_state()
    old = encoding.write_state(state).replace(',"overrides_cooldowns":false', "")
    assert "overrides" not in old
    assert encoding.read_state(old) == state


def test_a_state_from_before_restraint_can_still_be_read() -> None:
    new = ("failed_in_a_row", "failure_pause_at", "unclear_since", "others", "clock")
    old = msgspec.json.decode(encoding.write_state(full_state()))
    for key in new:
        del old[key]
    for ledger in (old["real"], old["imagination"]["ledger"]):
        del ledger["departures"]
    read = encoding.read_state(msgspec.json.encode(old).decode())
    ledger, imagination = replace(full_state().real, departures=()), full_state().imagination
    assert imagination is not None
    fresh = {key: getattr(State(), key) for key in new}
    assert read == replace(
        full_state(), real=ledger, imagination=replace(imagination, ledger=ledger), **fresh
    )


def test_a_decision_comes_back_as_it_was() -> None:
    decision: Decision = full_decision(START)
    assert encoding.read_decision(encoding.write_decision(decision)) == decision


def test_a_sample_comes_back_to_a_hundredth_and_unknown_stays_absent() -> None:
    taken = snapshot(
        START,
        (node("n1", 33.337), node("n2", None, None)),
        (vm("web", cpu_percent=0.0), vm("db", cpu_percent=None)),
    )
    sample = encoding.joined(START, *encoding.split(taken))
    assert sample.at == START
    assert sample.nodes == {"id-n1": 33.34}
    assert sample.vms == {"id-web": 0.0}


def test_ram_comes_back_as_percent_of_the_node() -> None:
    inventory, figures = encoding.split(snapshot(START, (node("n1", 5.0, 96.0), node("n2", None, None))))
    nodes = encoding.read_nodes(encoding.deflated(encoding.write_inventory(inventory)[1]))
    measured = encoding.read_node_figures(encoding.write_figures(figures))
    assert [(n.name, cpu, mem) for n, cpu, mem in encoding.node_readings(nodes, measured)] == [
        ("n1", 5.0, 75.0),
        ("n2", None, None),
    ]


def test_measurements_do_not_make_a_new_inventory_and_a_move_does() -> None:
    def digest(measured: float, *machines: Vm) -> bytes:
        taken = snapshot(START, (node("n1", measured, measured),), machines)
        return encoding.write_inventory(encoding.split(taken)[0])[0]

    usual = digest(1.0, vm("web", cpu_percent=1.0), vm("db"))
    assert digest(2.0, vm("db"), vm("web", cpu_percent=2.0)) == usual
    assert digest(1.0, vm("web", on="n2"), vm("db")) != usual


def test_a_sample_of_8_nodes_and_200_vms_is_small() -> None:
    inventory, figures = encoding.split(large_snapshot(START))
    assert len(encoding.write_figures(figures)) < 600
    assert len(encoding.deflated(encoding.write_inventory(inventory)[1])) < 9_000


def test_an_inventory_comes_back_as_it_was() -> None:
    inventory, _ = encoding.split(large_snapshot(START, vms=20))
    content = encoding.write_inventory(inventory)[1]
    assert encoding.read_inventory(encoding.deflated(content)) == inventory


def test_a_secret_cannot_be_encoded() -> None:
    failure = replace(full_state().real.failures[0], message=Secret("s3cret-word"))  # type: ignore[arg-type]
    state = State(real=Ledger(failures=(failure,)))
    with pytest.raises(TypeError, match="Secret") as caught:
        encoding.write_state(state)
    assert "s3cret-word" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"not deflated", encoding.deflated(b"\xff\xff"), encoding.deflated(b"{}")]
)
def test_damaged_bytes_raise_what_callers_catch(body: bytes) -> None:
    for read in (
        encoding.read_figures,
        encoding.read_inventory,
        encoding.read_decision,
        encoding.read_conclusions,
    ):
        with pytest.raises(encoding.UNREADABLE):
            read(body)
    with pytest.raises(msgspec.MsgspecError):
        encoding.read_state("[]")


def test_a_decision_from_before_proposals_were_closed_in_it_can_still_be_read() -> None:
    decision = full_decision(START)
    trace = msgspec.json.decode(msgspec.json.encode(decision))
    del trace["closed"], trace["declined"]["rejected"], trace["notices"]
    old = encoding.deflated(msgspec.json.encode(trace))
    assert encoding.read_decision(old) == replace(
        decision, closed=None, notices=(), declined=replace(decision.declined, rejected=None)
    )
    assert encoding.read_conclusions(old).closed is None
