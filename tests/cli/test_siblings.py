"""An engine and its console side by side, with stand-ins for both that do what each test says."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver

from hctui.cli import terminal
from hctui.cli.siblings import Opened, Siblings, Surroundings
from hctui.cli.terminal import Terminal
from hctui.core.errors import HctuiError
from hctui.engine.clock import SteppedClock
from hctui.engine.commands import Pause
from hctui.engine.crash import last_line, written_down
from hctui.engine.desk import Desk
from hctui.engine.log import Log
from hctui.engine.view import Contact, Level, Line
from hctui.tui.app import Leaving
from hctui.tui.terminal import DiscreetApp
from tests.core.build import NOW, POLICY
from tests.engine.given import settings_of

PASSWORD = "s3cret-marker-7c1"

Act = Callable[["Shown"], Awaitable[Leaving | None]]


class Shown:
    """A console that does one thing, then ends; it ends early if it is told to."""

    def __init__(self, act: Act) -> None:
        self.crash = ""
        self.return_value: Leaving | None = None
        self._act = act
        self._told = asyncio.Event()

    async def run_async(self) -> Leaving | None:
        acting = asyncio.ensure_future(self._act(self))
        telling = asyncio.ensure_future(self._told.wait())
        await asyncio.wait({acting, telling}, return_when=asyncio.FIRST_COMPLETED)
        telling.cancel()
        if acting.done():
            self.return_value = self.return_value or acting.result()
        acting.cancel()
        return self.return_value

    def exit(self, result: Leaving) -> None:
        self.return_value = result
        self._told.set()


async def stays(shown: Shown) -> None:
    await asyncio.Event().wait()


async def crashes(shown: Shown) -> None:
    password = PASSWORD  # a local variable, which must not be written down
    shown.crash = f"Traceback\nValueError: {len(password)} letters"


async def raises(shown: Shown) -> None:
    password = PASSWORD
    raise ZeroDivisionError(f"{len(password)} by nothing")


async def just_ends(shown: Shown) -> None:
    """As Textual's own key for quitting would have it."""


def leaves(how: Leaving) -> Act:
    async def act(shown: Shown) -> Leaving:
        return how

    return act


def is_sent(number: int) -> Act:
    async def act(shown: Shown) -> None:
        os.kill(os.getpid(), number)
        await asyncio.Event().wait()

    return act


@dataclass
class Stage:
    """Siblings with stand-ins: what each console does in turn, and what the balancer does meanwhile."""

    folder: Path
    acts: tuple[Act, ...]
    on_hangup: str = "exit"
    terminal: Terminal = field(default_factory=lambda: Terminal(()))

    def __post_init__(self) -> None:
        settings = settings_of(POLICY, others={"on_hangup": self.on_hangup})
        self.desk = Desk(settings, Contact("https://10.0.0.1", "TLS pinned"), SteppedClock(NOW))
        self.file: list[Line] = []
        self.out: list[Line] = []
        self.opened: list[Shown] = []
        self.is_open = asyncio.Event()
        self.ended = asyncio.Event()
        self.log: Log | None = None

    @property
    def crash_file(self) -> Path:
        return self.folder / "crash.txt"

    def open(self) -> Opened:
        shown = Shown(self.acts[len(self.opened)])
        self.opened.append(shown)
        self.is_open.set()
        return shown

    async def balance(self, log: Log, stop: asyncio.Event) -> None:
        """Balances until it is told to stop, and takes a moment to log out."""
        self.log = log
        await stop.wait()
        await asyncio.sleep(0)
        self.ended.set()

    def siblings(
        self,
        balance: Callable[[Log, asyncio.Event], Awaitable[None]] | None = None,
        open_console: Callable[[], Opened] | None = None,
    ) -> Siblings:
        around = Surroundings(self.desk, self.file.append, self._headless, self.crash_file, self.terminal)
        return Siblings(balance or self.balance, open_console or self.open, around)  # type: ignore[arg-type]

    async def run(
        self,
        balance: Callable[[Log, asyncio.Event], Awaitable[None]] | None = None,
        open_console: Callable[[], Opened] | None = None,
    ) -> int:
        async with asyncio.timeout(10):
            return await self.siblings(balance, open_console).run()

    async def until_headless(self, run: asyncio.Task[int]) -> None:
        """Wait until the lines go to the terminal, and see that the engine is still there."""
        while not any(line.event == "headless" for line in self.out):
            assert not run.done(), run
            await asyncio.sleep(0)
        assert not self.ended.is_set()

    def _headless(self, line: Line) -> None:
        self.file.append(line)
        self.out.append(line)


@pytest.fixture(autouse=True)
def _keep_job_control() -> Iterator[None]:
    """See that nothing here leaves a signal with another answer than before."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("act", [leaves(Leaving.STOP), just_ends], ids=["stop", "textual's own quit"])
async def test_a_console_that_is_left_ends_the_engine(tmp_path: Path, act: Act) -> None:
    stage = Stage(tmp_path, (act,))
    assert await stage.run() == 0
    assert stage.ended.is_set()
    assert stage.out == []
    assert not stage.crash_file.exists()


@pytest.mark.parametrize("on_hangup", ["exit", "headless"])
async def test_the_engine_goes_on_without_a_console_that_said_so(tmp_path: Path, on_hangup: str) -> None:
    stage = Stage(tmp_path, (leaves(Leaving.GO_ON),), on_hangup)
    run = asyncio.create_task(stage.run())
    await stage.until_headless(run)
    assert stage.log is not None
    stage.log(Line(NOW, "test", "Balancing."))
    assert [line.event for line in stage.out] == ["headless", "test"]
    assert [line.event for line in stage.file] == ["headless", "test"]
    assert ("closing this terminal" in stage.out[0].text) == (on_hangup == "exit")
    assert not stage.desk.is_stirred
    os.kill(os.getpid(), signal.SIGINT)
    assert await run == 130


@pytest.mark.parametrize("act", [crashes, raises])
async def test_a_console_that_crashes_is_opened_again(tmp_path: Path, act: Act) -> None:
    stage = Stage(tmp_path, (act, leaves(Leaving.STOP)))
    assert await stage.run() == 0
    assert len(stage.opened) == 2
    [told] = stage.file
    assert (told.event, told.level) == ("console_crashed", Level.ERROR)
    assert "It is opened again" in told.text
    assert str(stage.crash_file) in told.text
    assert stage.desk.lines_since(0) == (1, (told,))
    assert stage.out == []
    assert not stage.desk.is_stirred


@pytest.mark.parametrize(
    ("act", "words"), [(crashes, "ValueError: 17 letters"), (raises, "ZeroDivisionError: 17 by nothing")]
)
async def test_what_a_crash_leaves_is_for_the_owner_and_holds_no_values(
    tmp_path: Path, act: Act, words: str
) -> None:
    stage = Stage(tmp_path, (act, leaves(Leaving.STOP)))
    await stage.run()
    assert words in stage.file[0].text
    written = stage.crash_file.read_text()
    assert words in written
    assert PASSWORD not in written
    assert stage.crash_file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [stage.crash_file]


@pytest.mark.parametrize("acts", [(crashes, raises), (raises, crashes)])
async def test_after_two_crashes_the_engine_goes_on_paused_and_says_so(
    tmp_path: Path, acts: tuple[Act, Act]
) -> None:
    stage = Stage(tmp_path, acts)
    run = asyncio.create_task(stage.run())
    await stage.until_headless(run)
    assert stage.desk.take() == (Pause(),)
    [told] = stage.out
    assert told.level is Level.ERROR
    assert "crashed twice" in told.text
    assert "paused" in told.text
    assert [line.event for line in stage.file] == ["console_crashed", "console_crashed", "headless"]
    assert "opened again" not in stage.file[1].text
    os.kill(os.getpid(), signal.SIGTERM)
    assert await run == 143
    assert stage.ended.is_set()


async def test_a_console_that_cannot_even_be_made_is_one_that_crashed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ())

    def open_console() -> Opened:
        raise HctuiError("There is no such theme.")

    run = asyncio.create_task(stage.run(open_console=open_console))
    await stage.until_headless(run)
    assert "There is no such theme." in stage.crash_file.read_text()
    assert stage.desk.take() == (Pause(),)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await run == 143


async def test_a_crash_while_leaving_is_told_by_nobody_opening_it_again(tmp_path: Path) -> None:
    async def act(shown: Shown) -> Leaving:
        await crashes(shown)
        return Leaving.STOP

    stage = Stage(tmp_path, (act,))
    assert await stage.run() == 0
    assert len(stage.opened) == 1


# The engine ends first


async def test_the_console_is_closed_when_the_time_is_over(tmp_path: Path) -> None:
    async def balance(log: Log, stop: asyncio.Event) -> None:
        await stage.is_open.wait()

    stage = Stage(tmp_path, (stays,))
    assert await stage.run(balance) == 0
    assert stage.opened[0].return_value is Leaving.STOP


@pytest.mark.parametrize("error", [HctuiError("The login was refused."), ZeroDivisionError("of ours")])
@pytest.mark.parametrize("wait_for_console", [True, False])
async def test_what_ends_the_engine_closes_the_console_and_is_raised(
    tmp_path: Path, error: Exception, wait_for_console: bool
) -> None:
    async def balance(log: Log, stop: asyncio.Event) -> None:
        if wait_for_console:
            await stage.is_open.wait()
        raise error

    stage = Stage(tmp_path, (stays,))
    with pytest.raises(type(error), match=str(error)):
        await stage.run(balance)
    assert all(shown.return_value is Leaving.STOP for shown in stage.opened)


async def test_no_console_is_opened_again_on_an_engine_that_has_ended(tmp_path: Path) -> None:
    async def act(shown: Shown) -> None:
        over.set()
        await asyncio.sleep(0)
        await crashes(shown)

    async def balance(log: Log, stop: asyncio.Event) -> None:
        await over.wait()

    over = asyncio.Event()
    stage = Stage(tmp_path, (act,))
    assert await stage.run(balance) == 0
    assert len(stage.opened) == 1
    assert not stage.desk.is_stirred


# Signals


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
async def test_a_signal_closes_the_console_and_ends_the_engine_in_order(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    stage = Stage(tmp_path, (is_sent(number),))
    assert await stage.run() == code
    assert stage.opened[0].return_value is Leaving.STOP
    assert stage.ended.is_set()


async def test_a_hangup_that_is_to_be_survived_closes_only_the_console(tmp_path: Path) -> None:
    stage = Stage(tmp_path, (is_sent(signal.SIGHUP),), "headless")
    run = asyncio.create_task(stage.run())
    await stage.until_headless(run)
    assert stage.opened[0].return_value is Leaving.GO_ON
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await run == 143


async def test_a_second_hangup_does_not_force_what_the_first_began(tmp_path: Path) -> None:
    async def balance(log: Log, stop: asyncio.Event) -> None:
        await stop.wait()
        os.kill(os.getpid(), signal.SIGHUP)
        for _ in range(20):
            await asyncio.sleep(0)
        stage.ended.set()

    stage = Stage(tmp_path, (is_sent(signal.SIGHUP),))
    assert await stage.run(balance) == 129
    assert stage.ended.is_set()


async def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    async def balance(log: Log, stop: asyncio.Event) -> None:
        await stop.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    stage = Stage(tmp_path, (is_sent(signal.SIGTERM),))
    assert await stage.run(balance) == 143


async def test_a_second_signal_does_not_wait_for_a_console_that_does_not_end(tmp_path: Path) -> None:
    class Stuck(Shown):
        def exit(self, result: Leaving) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    stage = Stage(tmp_path, ())
    assert await stage.run(open_console=lambda: Stuck(is_sent(signal.SIGTERM))) == 143


async def test_a_signal_between_two_openings_ends_both(tmp_path: Path) -> None:
    stage = Stage(tmp_path, (crashes, stays))

    def open_console() -> Opened:
        if stage.opened:
            os.kill(os.getpid(), signal.SIGTERM)
        return stage.open()

    assert await stage.run(open_console=open_console) == 143
    assert stage.ended.is_set()


# Textual's own applications


class Small(DiscreetApp[Leaving]):
    """An application without a terminal."""

    def get_driver_class(self) -> type[Driver]:
        return HeadlessDriver


class Failing(Small):
    """Falls as soon as it is shown."""

    def on_mount(self) -> None:
        password = PASSWORD
        raise ValueError(f"{len(password)} letters")


class Worded(Small):
    """Falls with an error that knows how it is to be printed, which Textual treats differently."""

    class Wrong(Exception):
        def __rich__(self) -> str:
            return "wrong"

    def on_mount(self) -> None:
        raise Worded.Wrong("17 letters")


async def test_a_console_that_is_told_to_end_while_it_begins_ends(tmp_path: Path) -> None:
    def open_console() -> Opened:
        os.kill(os.getpid(), signal.SIGTERM)
        return Small()

    assert await Stage(tmp_path, ()).run(open_console=open_console) == 143


@pytest.mark.parametrize("application", [Failing, Worded])
async def test_what_falls_in_textual_is_a_crash_whose_traceback_holds_no_values(
    tmp_path: Path, application: type[Small], capfd: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(tmp_path, ())
    run = asyncio.create_task(stage.run(open_console=application))
    await stage.until_headless(run)
    written = stage.crash_file.read_text()
    assert "17 letters" in written
    assert "on_mount" in written
    os.kill(os.getpid(), signal.SIGTERM)
    assert await run == 143
    assert PASSWORD not in written + "".join(capfd.readouterr())


# The terminal


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal; the test may close the first."""
    master, slave = pty.openpty()
    yield master, slave
    os.close(slave)


def test_a_terminal_is_there_until_its_other_end_is_closed(ends: tuple[int, int], tmp_path: Path) -> None:
    master, slave = ends
    with open(tmp_path / "file", "w", encoding="ascii") as file:
        terminal = Terminal((slave, file.fileno()))
        assert not terminal.is_gone
        os.close(master)
        assert terminal.is_gone
        with pytest.raises(OSError, match="Input/output error"):
            os.write(slave, b"x")
        terminal.let_go()
        assert not terminal.is_gone
        assert os.write(slave, b"x") == 1
        os.write(file.fileno(), b"still a file")
    assert (tmp_path / "file").read_text() == "still a file"


@pytest.mark.parametrize(("on_hangup", "code"), [("exit", 129), ("headless", 143)])
async def test_a_terminal_that_goes_without_a_signal_is_noticed(
    tmp_path: Path, ends: tuple[int, int], on_hangup: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "LOOK_SECONDS", 0.001)

    async def act(shown: Shown) -> None:
        os.close(ends[0])
        await asyncio.Event().wait()

    stage = Stage(tmp_path, (act,), on_hangup, Terminal((ends[1],)))
    run = asyncio.create_task(stage.run())
    if on_hangup == "headless":
        await stage.until_headless(run)
        assert "Its terminal is gone" in stage.out[0].text
        os.kill(os.getpid(), signal.SIGTERM)
    assert await run == code
    assert stage.ended.is_set()
    assert os.write(ends[1], b"x") == 1, "what is still written goes nowhere"


@pytest.mark.parametrize("act", [crashes, raises])
async def test_a_console_that_falls_with_its_terminal_did_not_crash(
    tmp_path: Path, ends: tuple[int, int], act: Act
) -> None:
    async def close_and_fall(shown: Shown) -> None:
        os.close(ends[0])
        await act(shown)

    stage = Stage(tmp_path, (close_and_fall,), terminal=Terminal((ends[1],)))
    assert await stage.run() == 129
    assert stage.file == []


# What is written down of a crash


@pytest.mark.parametrize(
    ("text", "line"), [("Traceback\n  in x\nKeyError: 1\n", "KeyError: 1"), ("", "no reason is known")]
)
def test_the_last_line_says_what_went_wrong(text: str, line: str) -> None:
    assert last_line(text) == line


def test_a_crash_file_replaces_an_older_one_and_follows_no_link(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("untouched")
    path = tmp_path / "crash.txt"
    path.symlink_to(other)
    assert written_down("Traceback \udc80", path) == f"What happened is in {path}."
    assert path.read_text() == "Traceback \\udc80"
    assert not path.is_symlink()
    assert other.read_text() == "untouched"


def test_a_crash_file_that_cannot_be_written_is_only_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "crash.txt"
    told = written_down("Traceback", path)
    assert told.startswith("What happened could not be written down. ")
    assert str(path.parent) in told
    (tmp_path / "crash.txt").mkdir()
    assert written_down("Traceback", tmp_path / "crash.txt").startswith(
        "What happened could not be written to "
    )


def test_the_folder_of_a_crash_file_is_made_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "state" / "demo" / "crash.txt"
    assert written_down("Traceback", path) == f"What happened is in {path}."
    assert {folder.stat().st_mode & 0o777 for folder in path.parents[:2]} == {0o700}
