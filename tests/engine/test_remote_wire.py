"""What travels over the socket: everything arrives as it was, and nothing hostile arrives at all."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hctui.config import BY_KEY, SETTINGS, Settings, Source, SourceKind
from hctui.config.settings import Given, Layer
from hctui.core import balancer
from hctui.core.commands import Approve, Choose, MoveVm, Pause, Reject, Resume
from hctui.core.history import Sample
from hctui.core.model import NodeId, VmId
from hctui.core.policy import Policy
from hctui.core.state import State
from hctui.engine.commands import ChangeSettings, Command, ReloadSettings
from hctui.engine.remote_view import APART, Changes, Senseless, changed, changes, with_looks
from hctui.engine.remote_wire import (
    MOST_ORDER_BYTES,
    Farewell,
    Garbled,
    Hello,
    News,
    Refused,
    Submit,
    command_in,
    frame,
    from_engine,
    greeting_in,
    submit,
    submitted,
)
from hctui.engine.view import Contact, Level, Line, View
from tests.core.build import NOW, cluster, node, vm
from tests.core.worlds import Turn, World, turns, worlds
from tests.engine.given import settings_of

NOTHING: Layer = {}
SECRET = "correct-horse-7c1"


async def read(stream: bytes) -> object:
    """The first message in these bytes, as whoever is attached reads it."""
    reader = asyncio.StreamReader()
    reader.feed_data(stream)
    reader.feed_eof()
    return await from_engine(reader)


def travelled(message: object) -> object:
    return asyncio.run(read(frame(message)))  # type: ignore[arg-type]


def over(before: View | None, after: View, there: View | None) -> View:
    """What whoever had `there` has once the changes have travelled."""
    news = travelled(News(NOW, changes(before, after), 0, (), ""))
    assert isinstance(news, News)
    return changed(there, news.changes, NOTHING)


@cache
def base_settings() -> Settings:
    return settings_of(Policy(), others={"base_url": "https://10.0.0.1", "theme": "light"})


def views(world: World, course: list[Turn]) -> list[View]:
    """What an engine would publish while a random world takes its course."""
    state, now, published = State(), NOW, []
    view = View(NOW, Contact("https://10.0.0.1", "TLS pinned"), base_settings(), base_settings().policy())
    for turn in course:
        now += abs(turn.seconds)
        snapshot = world.snapshot(now, turn)
        step = balancer.step(state, snapshot, (), world.policy, now)
        state = step.state
        view = replace(view, at=now, state=state, decision=step.decision, next_poll_at=now + 30)
        if snapshot is not None:
            view = replace(view, snapshot=snapshot, cluster=snapshot.cluster)
        published.append(view)
        if step.send:
            state = balancer.begun(state, step.send, "m1", now)
            state, _ = balancer.answered(state, turn.answer, now)
            view = replace(view, at=now, state=state, is_reading=True)
            published.append(view)
    return published


SOME = settings(derandomize=True)


@SOME
@given(world=worlds(), course=turns)
def test_every_view_arrives_as_it_was_whole_and_by_its_changes(world: World, course: list[Turn]) -> None:
    before, there = None, None
    for view in views(world, course):
        there = over(before, view, there)
        assert there == view
        assert over(None, view, None) == view
        before = view


@SOME
@given(world=worlds(), course=turns)
def test_what_did_not_change_keeps_its_identity(world: World, course: list[Turn]) -> None:
    published = views(world, course)
    there = over(None, published[0], None)
    for before, after in pairwise(published):
        newer = over(before, after, there)
        for name in View.__dataclass_fields__:
            same = getattr(before, name) is getattr(after, name)
            assert not same or getattr(newer, name) is getattr(there, name), name
        there = newer


def test_every_field_of_a_view_travels() -> None:
    assert set(Changes.__struct_fields__) == {*View.__dataclass_fields__} - {"policy"} | {"samples"}
    assert set(APART) == {"settings", "policy", "state"}


def samples(*times: float) -> tuple[Sample, ...]:
    return tuple(Sample(at, {NodeId("n1"): at}, {}, {}) for at in times)


@pytest.mark.parametrize(
    ("gone", "come", "travel"), [(0, 1, 1), (1, 1, 1), (0, 0, 0), (3, 0, 0), (2, 0, 0), (3, 2, 2)]
)
def test_of_the_samples_only_the_new_ones_travel(gone: int, come: int, travel: int) -> None:
    old = samples(1, 2, 3)
    view = View(NOW, Contact("https://10.0.0.1", ""), base_settings(), base_settings().policy())
    before = replace(view, state=State(samples=old))
    after = replace(before, state=State(samples=old[gone:] + samples(4, 5)[:come]))
    sent = changes(before, after).samples
    assert sent is msgspec.UNSET or len(sent.come) == travel
    assert over(before, after, over(None, before, None)) == after


def test_samples_that_were_replaced_travel_whole() -> None:
    view = View(NOW, Contact("https://10.0.0.1", ""), base_settings(), base_settings().policy())
    before = replace(view, state=State(samples=samples(1, 2, 3)))
    for other in (samples(1, 2), samples(9), (before.state.samples[1], *samples(7))):
        after = replace(before, state=State(samples=other))
        assert over(before, after, over(None, before, None)) == after


# Settings


def test_every_setting_travels_with_its_source() -> None:
    file = Path("/srv/config.toml")
    sources = (
        Source(SourceKind.CONSOLE),
        Source(SourceKind.FLAG, "--x"),
        Source(SourceKind.ENVIRONMENT, "X"),
    )
    layers = [{each.key: Given(each.default, source) for each in SETTINGS} for source in sources]
    last = {each.key: Given(each.default, Source(SourceKind.FILE, str(file))) for each in SETTINGS}
    first, second, third = map(MappingProxyType, layers)
    whole = Settings(file, (first, second, third, MappingProxyType(last)))
    view = View(NOW, Contact("https://10.0.0.1", ""), whole, whole.policy())
    assert over(None, view, None) == view


def with_secret() -> View:
    """Every setting that may hold a secret holds one."""
    secrets = {each.key: ("pass", SECRET) for each in SETTINGS if each.secret}
    set_up = settings_of(Policy(), others={**secrets, "base_url": "https://10.0.0.1"})
    return View(NOW, Contact("https://10.0.0.1", ""), set_up, set_up.policy())


def test_what_may_hold_a_secret_is_masked_before_it_travels() -> None:
    view = with_secret()
    sent = frame(News(NOW, changes(None, view), 0, (), ""))
    assert SECRET.encode() not in sent
    assert b"password_command" in sent
    there = over(None, view, None)
    assert there.settings.get(BY_KEY["password_command"]) == ("***",)
    assert [each.text for each in there.settings.values()] == [each.text for each in view.settings.values()]


def test_a_relative_settings_file_is_found_from_another_folder() -> None:
    whole = replace(base_settings(), file=Path("config.toml"))
    view = View(NOW, Contact("https://10.0.0.1", ""), whole, whole.policy())
    assert over(None, view, None).settings.file == Path("config.toml").absolute()


def test_what_this_terminal_wants_prevails_over_the_engines_flags() -> None:
    looks = {"theme": Given("ansi", Source(SourceKind.FLAG, "--theme"))}
    assert with_looks(base_settings(), looks).console.theme == "ansi"
    assert with_looks(base_settings(), NOTHING) is base_settings()


@pytest.mark.parametrize(
    "wrong",
    [
        {"no_such": Given(True, Source(SourceKind.FILE))},
        {"dry_run": Given("yes", Source(SourceKind.FILE))},
        {"dry_run": Given(1.0, Source(SourceKind.FILE))},
    ],
)
def test_settings_that_cannot_be_are_not_taken(wrong: dict[str, Given]) -> None:
    view = View(NOW, Contact("https://10.0.0.1", ""), base_settings(), base_settings().policy())
    sent = changes(None, view)
    assert not isinstance(sent.settings, msgspec.UnsetType)
    layers = (wrong, *sent.settings.layers[1:])
    forged = msgspec.structs.replace(sent, settings=msgspec.structs.replace(sent.settings, layers=layers))
    with pytest.raises(Senseless):
        changed(None, forged, NOTHING)


def test_changes_without_a_view_are_senseless() -> None:
    with pytest.raises(Senseless):
        changed(None, Changes(at=1.0), NOTHING)


# Commands and lines

POLICY = Policy(dry_run=False, excluded_node_ips=frozenset({"10.0.0.1", "10.0.0.2"}))
OPEN = sorted(key for key, setting in BY_KEY.items() if not setting.secret)
_NUMBERS = st.integers(0, 2**63)
_IDS = st.text(max_size=40)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.just(Pause()),
    st.just(Resume()),
    st.builds(Approve, _NUMBERS),
    st.builds(Reject, _NUMBERS),
    st.builds(Choose, _NUMBERS, _IDS.map(VmId), _IDS.map(NodeId)),
    st.builds(MoveVm, _IDS.map(VmId), _IDS.map(NodeId), st.booleans(), st.sampled_from((None, True, False))),
    st.builds(ChangeSettings, st.dictionaries(st.sampled_from(OPEN), st.text(max_size=200))),
    st.builds(
        ReloadSettings, st.lists(st.sampled_from(sorted(BY_KEY))).map(tuple), st.sampled_from((None, POLICY))
    ),
)


@given(COMMANDS)
def test_every_command_arrives_as_it_was(command: Command) -> None:
    assert command_in(submit(command)) == command


_LINES = st.builds(
    Line,
    st.floats(0, 2e9),
    st.text(max_size=20),
    st.text(max_size=200),
    st.sampled_from(Level),
    st.dictionaries(
        st.text(max_size=9),
        st.one_of(st.text(), st.floats(allow_nan=False), st.integers(0, 9), st.booleans(), st.none()),
    ),
    st.integers(0, 9),
)


@given(st.lists(_LINES, max_size=4))
def test_lines_arrive_with_their_numbers(lines: list[Line]) -> None:
    news = travelled(News(NOW, Changes(), 9, tuple(lines), "/j"))
    assert isinstance(news, News)
    assert news.lines == tuple(lines)
    assert [line.number for line in news.lines] == [line.number for line in lines]


@pytest.mark.parametrize("message", [Hello(1, "2", 3, "a", "b", "c", "d"), Refused("No."), Farewell("Bye.")])
def test_words_arrive(message: object) -> None:
    assert travelled(message) == message


def test_a_hello_of_another_version_can_be_read() -> None:
    other = {"type": "hello", "protocol": 99, "version": "9.0", "pid": 7, "news": ["later", {"than": "us"}]}
    body = msgspec.msgpack.encode(other)
    assert asyncio.run(read(len(body).to_bytes(4, "big") + body)) == Hello(99, "9.0", 7)


# Hostile


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def packed(value: object) -> bytes:
    return msgspec.msgpack.encode(value)


def submission(kind: str, body: object) -> bytes:
    return framed(packed({"type": "submit", "kind": kind, "body": body}))


HOSTILE = {
    "too long": (MOST_ORDER_BYTES + 1).to_bytes(4, "big"),
    "longest": b"\xff\xff\xff\xff",
    "empty": framed(b""),
    "no msgpack": framed(b"\xc1\xc1\xc1"),
    "text": b"GET / HTTP/1.1\r\n\r\n",
    "rest behind it": framed(packed({"type": "submit", "kind": "pause", "body": {}}) + b"x"),
    "nested": framed(b"\x91" * 100_000),
    "nested maps": framed(b"\x81\xa1x" * 50_000),
    "claims a lot": framed(b"\xdf\xff\xff\xff\xff"),
    "not utf-8": framed(b"\x81\xa4type\xa2\xff\xfe"),
    "list": framed(packed([1, 2])),
    "no type": framed(packed({"kind": "pause"})),
    "another type": framed(packed({"type": "hello", "protocol": 1, "version": "", "pid": 1})),
    "no such kind": submission("stop", {}),
    "no id": submission("approve", {}),
    "an id that is text": submission("approve", {"proposal_id": "7"}),
    "an id that is null": submission("reject", {"proposal_id": None}),
    "a number for a VM": submission("move", {"vm_id": 7, "target": "n2"}),
    "a VM without end": submission("move", {"vm_id": "x" * 257, "target": "n2"}),
    "a node without end": submission("choose", {"proposal_id": 7, "vm_id": "web", "target": "x" * 257}),
    "an unknown setting": submission("change settings", {"changes": {"no_such": "1"}}),
    "10,000 settings": submission("change settings", {"changes": {f"k{n}": "v" for n in range(10_000)}}),
    "a setting that is a list": submission("change settings", {"changes": {"dry_run": ["true"]}}),
    "forgets what is not there": submission("reload settings", {"forget": ["no_such"]}),
    "a policy that is none": submission("reload settings", {"expected": {"dry_run": "maybe"}}),
}


@pytest.mark.parametrize("stream", HOSTILE.values(), ids=HOSTILE)
async def test_what_is_no_command_is_an_error_of_ours(stream: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(stream)
    reader.feed_eof()
    with pytest.raises((Garbled, EOFError)):
        await submitted(reader)


@pytest.mark.parametrize("length", [MOST_ORDER_BYTES + 1, 2**32 - 1])
async def test_a_message_that_is_too_long_is_not_even_waited_for(length: int) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(length.to_bytes(4, "big"))
    async with asyncio.timeout(10):
        with pytest.raises(Garbled, match="longer than any should be"):
            await submitted(reader)


def test_10000_fields_that_nobody_knows_are_passed_over() -> None:
    message = {"type": "submit", "kind": "pause", "body": {f"k{n}": n for n in range(10_000)}}
    assert command_in(msgspec.msgpack.decode(packed(message), type=Submit)) == Pause()


async def test_whatever_is_changed_in_a_message_is_read_or_an_error_of_ours() -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    snapshot = cluster([node(1), node(2)], [vm("web"), vm("db", 2)])
    view = replace(with_secret(), snapshot=snapshot, cluster=snapshot.cluster)
    step = balancer.step(State(), snapshot, (), POLICY, NOW)
    view = replace(view, state=step.state, decision=step.decision)
    valid = frame(News(NOW, changes(None, view), 1, (Line(NOW, "x", "y"),), ""))
    assert isinstance(await read(valid), News)
    for _ in range(1500):
        mangled = bytearray(valid)
        for _ in range(dice.randint(1, 6)):
            mangled[dice.randrange(len(mangled))] = dice.randrange(256)
        try:
            end = dice.choice((None, dice.randrange(len(mangled))))
            message = await read(bytes(mangled[:end]))
            if isinstance(message, News):
                changed(None, message.changes, NOTHING)
        except (Garbled, Senseless, EOFError):
            pass


async def test_a_greeting_that_is_cut_off_is_the_end() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(frame(Refused("x"))[:-1])
    reader.feed_eof()
    with pytest.raises(EOFError):
        await greeting_in(reader)
