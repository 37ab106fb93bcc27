"""Tells people and other programs of events, by commands and webhooks, without anybody waiting for that.

A command or a webhook that fails, hangs or is slow costs a line in the log. What cannot be told in time is dropped: a
notice is not a thing that anything depends on. Whatever is told has been written to the log before.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any, Self

import httpx
import msgspec

from hctui.config.notify import Target
from hctui.engine.log import Log
from hctui.engine.notices import Notice, Notices
from hctui.engine.view import Level, Line, View

MOST_WAITING = 50
LONGEST_SECONDS = 30.0
"""So long one command or webhook may take; real seconds."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "XDG_RUNTIME_DIR", "SSL_CERT_FILE")
"""What a command gets of our environment, which may hold a password."""


class NotTold(Exception):
    """A notice that did not get through; the reason has no secret in it."""


class Notifier:
    """Tells of the lines it is given. An asynchronous context: the last notices have a moment at its end."""

    def __init__(self, view: Callable[[], View], log: Log) -> None:
        """Tells nobody yet.

        Args:
            view: the engine's latest, asked for each line; its settings say who is told.
            log: told of what did not get through.
        """
        self._view = view
        self._log = log
        self._notices = Notices()
        self._waiting: asyncio.Queue[tuple[Target, str, Notice]] = asyncio.Queue(MOST_WAITING)
        self._worker: asyncio.Task[None] | None = None

    def take(self, line: Line) -> None:
        """Have whoever wants to know told of a line, if it is an event. Never waits."""
        view = self._view()
        if not (notice := self._notices.of(line, view)):
            return
        for target in view.settings.notify:
            if notice.event in target.events:
                try:
                    self._waiting.put_nowait((target, view.name, notice))
                except asyncio.QueueFull:
                    self._complain(target, notice, "too many notices wait")

    async def __aenter__(self) -> Self:
        """Begin to tell."""
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *error: object) -> None:
        """Tell what waits, if that does not take long."""
        assert self._worker  # noqa: S101 - made by `__aenter__`
        farewell = asyncio.create_task(self._waiting.join())
        await asyncio.wait({farewell}, timeout=LONGEST_SECONDS)
        for task in (farewell, self._worker):
            task.cancel()
        await asyncio.gather(farewell, self._worker, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            target, cluster, notice = await self._waiting.get()
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    await _tell(target, _content(cluster, notice))
            except TimeoutError:
                self._complain(target, notice, f"it took longer than {LONGEST_SECONDS:g} s")
            except NotTold as error:
                self._complain(target, notice, str(error))
            except Exception as error:  # the others still want to be told; what it says may repeat a URL
                self._complain(target, notice, f"an error in hctui itself ({type(error).__name__})")
            finally:
                self._waiting.task_done()

    def _complain(self, target: Target, notice: Notice, why: str) -> None:
        told = f"Nobody was told of the event {notice.event} by {target.shown}: {why}."
        self._log(Line(notice.at, "not_notified", told, Level.WARNING, {"notice": notice.event}))


def _content(cluster: str, notice: Notice) -> dict[str, Any]:
    return {
        "cluster": cluster,
        "event": str(notice.event),
        "at": notice.at,
        "text": notice.told,
        "data": notice.data,
    }


async def _tell(target: Target, content: dict[str, Any]) -> None:
    body = msgspec.json.encode(content)
    if target.url:
        await _post(target.url, body)
    else:
        await _run(target.command, content, body)


async def _post(url: str, body: bytes) -> None:
    """One request; whoever answers it with a redirect is not followed, and what is answered is not read."""
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    try:
        async with (
            httpx.AsyncClient(follow_redirects=False, timeout=LONGEST_SECONDS) as client,
            client.stream("POST", url, content=body, headers=headers) as reply,
        ):
            status, is_success = reply.status_code, reply.is_success
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        # The text of such an error may repeat the URL, and with it a token.
        raise NotTold(f"{type(error).__name__}") from None
    if not is_success:
        raise NotTold(f"it answered with HTTP {status}")


async def _run(command: tuple[str, ...], content: dict[str, Any], body: bytes) -> None:
    """The event as JSON on standard input, and its main parts in the environment. No shell."""
    environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environ |= {f"HCTUI_{name.upper()}": str(content[name]) for name in ("cluster", "event", "text")}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its arguments cannot be passed on"
        raise NotTold(f"{reason}") from None
    try:
        await process.communicate(body)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and whatever it has started
            await process.wait()
    if process.returncode:
        raise NotTold(f"it ended with exit code {process.returncode}")
