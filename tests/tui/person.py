"""Somebody in front of the first run, and a made-up cluster that answers: what they press, and what they see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from textual.events import Paste
from textual.pilot import Pilot

from hctui.core.errors import HctuiError
from hctui.core.secret import Secret
from hctui.engine.probes import Access, CertificateSeen, Greeting, Pinned, Voucher
from hctui.tui.first_run import Configured, Demo, FirstRunApp, Suggestions
from hctui.tui.first_run.app import STEPS
from hctui.tui.first_run.draft import Draft
from hctui.tui.first_run.step import Step

MARK = "s3cret-marker-7c1"
PIN = "3a7f10c49b22810e" * 4
NOW = 1_790_000_000.0
SEEN = CertificateSeen(
    "https://10.0.0.101",
    PIN,
    "CN=branch [/] 7",
    "CN=branch [/] 7",
    NOW - 1e6,
    NOW + 1e8,
    True,
    Voucher.NOBODY,
)
GREETING = Greeting("branch [/] 7", "9.4.30.217736", 4, 38, ("Read", "VM Power Controls"), True, 0.038)

FOUND = Draft("https://10.0.0.101")
TRUSTED = replace(FOUND, seen=SEEN, trust=Pinned(PIN))
LOGGED_IN = replace(TRUSTED, username="balancer", password=Secret(MARK), greeting=GREETING)
ANSWERED = {
    "welcome": Draft(),
    "address": Draft(),
    "certificate": FOUND,
    "login": TRUSTED,
    "password next time": LOGGED_IN,
}
"""What the steps before have found out, where a test begins at a later one."""


class Trouble(HctuiError):
    """Something a cluster may say."""

    title = "The cluster cannot be reached"


@dataclass
class FakeProbes:
    """Answers from values. `hold` keeps every answer back until it is set."""

    seen: CertificateSeen = SEEN
    passwords: tuple[str, ...] = (MARK,)
    failure: Exception | None = None
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    logins: list[Access] = field(default_factory=list)
    cancelled: int = 0

    def __post_init__(self) -> None:
        self.hold.set()

    async def certificate(self, address: str, ca_file: Path | None = None) -> CertificateSeen:
        self.asked.append(address)
        await self._answer()
        return replace(self.seen, address=address)

    async def login(self, access: Access) -> Greeting:
        self.logins.append(access)
        await self._answer()
        if access.password.reveal() not in self.passwords:
            raise Trouble("user 'balancer' got HTTP 401.", hint="Check user name and password.")
        return GREETING

    async def _answer(self) -> None:
        try:
            await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure


@dataclass
class Person:
    """Somebody in front of the screen."""

    app: FirstRunApp
    pilot: Pilot[Configured | Demo]
    pictures: list[str] = field(default_factory=list)

    @property
    def step(self) -> Step:
        step = self.app.screen
        assert isinstance(step, Step)
        return step

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            await self.pilot.pause()
            while not condition():
                await self.pilot.pause()
        self.pictures.append(self.text)

    async def at(self, heading: str) -> None:
        """Wait until the step is there and asks nothing any more."""
        await self.until(lambda: self.step.heading == heading and not self.step.is_asking)
        await self.pilot.pause()  # the step hears that it has been answered
        await self.pilot.pause()  # and the focus goes where it wants it

    async def types(self, text: str, *then: str) -> None:
        """Press the keys of a text, one after the other."""
        await self.pilot.press(*(PRINTABLE.get(char, char) for char in text), *then)

    async def pastes(self, text: str, *then: str) -> None:
        """Enter a text at once, as from a clipboard or a password manager."""
        self.app.post_message(Paste(text))
        await self.pilot.press(*then)

    async def clicks(self, name: str) -> None:
        await self.pilot.pause()
        assert await self.pilot.click(f"#{name}")

    @property
    def text(self) -> str:
        """All that is on the screen, line by line."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    def says(self, text: str) -> bool:
        """Whether this is on the screen, however it is wrapped."""
        return words(text) in words(self.text)

    async def logs_in(self, password: str = MARK) -> None:
        await self.pastes("balancer", "enter")
        await self.until(lambda: self.app.focused is self.step.query_one("#password"))
        await self.pastes(password, "enter")

    async def reaches_place(self) -> None:
        """Go the whole way there, by mouse where there is something to click."""
        await self.clicks("set_up")
        await self.at("address")
        await self.pastes("10.0.0.101")
        await self.clicks("go_on")
        await self.at("certificate")
        await self.clicks("go_on")
        await self.at("login")
        await self.logs_in()
        await self.at("test")
        await self.clicks("go_on")
        await self.at("password next time")

    async def chooses(self, place: str) -> None:
        await self.clicks(f"from_{place}")
        await self.pilot.pause()


def words(text: str) -> str:
    """The text without any room in it: a path that is too long for a line is broken anywhere."""
    return "".join(text.split())


PRINTABLE = {" ": "space", "/": "slash", ":": "colon"}


@contextlib.asynccontextmanager
async def person(
    path: Path,
    probes: FakeProbes | None = None,
    suggestions: Suggestions | None = None,
    *,
    begin: str = "welcome",
    size: tuple[int, int] = (80, 24),
    environ: dict[str, str] | None = None,
    theme: str = "dark",
    glyphs: str = "unicode",
) -> AsyncIterator[Person]:
    app = FirstRunApp(
        probes or FakeProbes(),
        suggestions or Suggestions(),
        path,
        keyring_available=False,
        theme=theme,
        glyphs=glyphs,
        environ={"PATH": "/usr/bin:/bin"} if environ is None else environ,
        now=lambda: NOW,
    )
    [number] = [number for number, step in enumerate(STEPS) if step.heading == begin]
    app.get_default_screen = lambda: app._step(number, ANSWERED[begin])  # type: ignore[method-assign]
    async with app.run_test(size=size) as pilot:
        somebody = Person(app, pilot)
        await somebody.at(begin)
        yield somebody
        for picture in somebody.pictures:
            assert MARK not in words(picture)
