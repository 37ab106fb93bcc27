"""Frames from the journal, and recordings: the same days again, without a name in them."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from hctui.core.model import NativeAffinity, NodeId, Snapshot, VmId
from hctui.core.policy import Policy
from hctui.journal.export import FileInTheWay
from hctui.journal.frames import frames_of, read_frames, read_samples
from hctui.journal.recording import RecordingError, read_recording, write_recording
from hctui.replay.course import replayed
from tests.core import build
from tests.journal.build import START, written

EVER = float("inf")
NAMES = ("web-secret", "sql-secret", "prod-secret", "branch-7", "10.0.0.10", "c1")


def days(minutes: int = 40) -> list[Snapshot]:
    """A node that is hot, with VMs whose names nobody else is to know."""
    nodes = [build.node(1, cpu=92.0), build.node(2, cpu=20.0)]
    vms = [
        build.vm("web-secret", cpu=50.0, vcpus=40, tags="anti_sql-secret prod-secret node_101 node_102"),
        build.vm("sql-secret", 2, tags="with_nobody nomove"),
        replace(build.vm("app", cpu=60.0, vcpus=40), affinity=NativeAffinity(False, None, NodeId("n2"))),
    ]
    return [replace(build.cluster(nodes, vms), taken_at=START + 30.0 * index) for index in range(minutes * 2)]


async def test_frames_are_the_snapshots_as_far_as_they_are_kept(tmp_path: Path) -> None:
    seen = days(2)
    path = await written(tmp_path, seen)
    found = list(read_frames(path, 0, EVER))
    assert [frame.taken_at for frame in found] == [snapshot.taken_at for snapshot in seen]
    assert found[0].vms == seen[0].vms
    assert [node.cpu_percent for node in found[0].nodes.values()] == [92.0, 20.0]
    assert [node.mem_used_bytes for node in found[0].nodes.values()] == [20 * build.GIB] * 2
    assert [frame.taken_at for frame in read_frames(path, START + 30, START + 60)] == [START + 30, START + 60]


async def test_time_that_was_lived_through_twice_counts_once(tmp_path: Path) -> None:
    path = await written(
        tmp_path, [*days(2), *(replace(each, taken_at=each.taken_at + 45) for each in days(1))]
    )
    times = [frame.taken_at - START for frame in read_frames(path, 0, EVER)]
    assert times == [0, 30, 45, 75]


async def test_a_recording_replays_as_the_journal_does_and_holds_no_name(tmp_path: Path) -> None:
    path = await written(tmp_path, days())
    file = tmp_path / "recording.gz"
    assert write_recording(read_samples(path, 0, EVER), file) == 80
    assert file.stat().st_mode & 0o777 == 0o600
    text = gzip.decompress(file.read_bytes()).decode()
    assert not [name for name in NAMES if name in text]
    policy = Policy(dry_run=False)
    here = replayed(read_frames(path, 0, EVER), policy)
    there = replayed(frames_of(read_recording(file)), policy)
    assert here.measures == there.measures
    assert here.measures.moves > 0
    assert [moved.at for moved in here.moves] == [moved.at for moved in there.moves]


async def test_rules_keep_their_meaning_by_number(tmp_path: Path) -> None:
    path = await written(tmp_path, days(1))
    file = tmp_path / "recording.gz"
    write_recording(read_samples(path, 0, EVER), file)
    frame = next(frames_of(read_recording(file)))
    by_name = {vm.name: vm for vm in frame.vms.values()}
    carrier = next(vm for vm in by_name.values() if any(tag.startswith("anti_") for tag in vm.tags))
    named = carrier.tags[0].removeprefix("anti_")
    assert named in by_name
    assert carrier.tags[1:] == ("node_101", "node_102")
    assert by_name[named].tags == ("with_nobody", "nomove")
    assert {node.last_octet for node in frame.nodes.values()} == {101, 102}
    assert {vm.affinity.backup for vm in frame.vms.values()} - {None} <= set(frame.nodes)
    assert all(vm.id == VmId(f"v{vm.id[1:]}") for vm in frame.vms.values())


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = await written(tmp_path, days(1))
    file = tmp_path / "recording.gz"
    file.write_text("mine")
    with pytest.raises(FileInTheWay):
        write_recording(read_samples(path, 0, EVER), file)
    assert file.read_text() == "mine"


SAMPLE = b'{"type":"sample","at":1,"figures":[[],[],[]]}\n'
HEAD = b'{"type":"hctui recording","version":1}\n'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no gzip at all", "Not a gzipped file"),
        (gzip.compress(b""), ""),
        (gzip.compress(b"{}\n"), "line 1"),
        (gzip.compress(SAMPLE), "line 1: that is no recording"),
        (gzip.compress(HEAD.replace(b"1}", b"9}")), "version 9"),
        (gzip.compress(HEAD + HEAD), "line 2"),
        (
            gzip.compress(HEAD + b'{"type":"sample","at":1,"figures":[[],[],[]]}\n'),
            "line 2: the sample does not belong",
        ),
        (gzip.compress(HEAD + b'{"type":"sample","at":"noon"}\n'), "line 2"),
        (gzip.compress(HEAD)[:-9], "recording.gz"),
    ],
    ids=["text", "empty", "no tag", "no head", "version", "two heads", "no inventory", "no time", "cut off"],
)
def test_what_is_no_recording_is_told_with_its_line(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "recording.gz"
    file.write_bytes(content)
    if not told:
        assert list(read_recording(file)) == []
        return
    with pytest.raises(RecordingError) as caught:
        list(read_recording(file))
    assert told in caught.value.detail


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        list(read_recording(tmp_path / "none.gz"))


def test_a_line_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hctui.journal.recording.MOST_LINE_BYTES", 100)
    file = tmp_path / "recording.gz"
    file.write_bytes(gzip.compress(HEAD + b" " * 1000))
    with pytest.raises(RecordingError, match="larger than any"):
        list(read_recording(file))
