"""Which engines run on this host, and which one is meant by a command that names a cluster, or none.

An engine is asked; journals tell by which addresses its cluster is known as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hctui.config import paths
from hctui.core.errors import HctuiError
from hctui.core.wording import listing
from hctui.core.wrapping import one_line

if TYPE_CHECKING:
    from hctui.engine.remote_client import Found
    from hctui.journal import JournalInfo


class NoEngine(HctuiError):
    """No engine runs on this host that could be meant."""

    title = "No hctui to talk to"


class SeveralEngines(HctuiError):
    """Several engines run on this host, and none is named."""

    title = "Several clusters are balanced from this host"


@dataclass(frozen=True, slots=True)
class Running:
    """An engine, and all names of its cluster: its name, its id, and the addresses it was reached at."""

    found: Found
    names: frozenset[str]

    @property
    def label(self) -> str:
        """What the cluster is called, on one line; its address until it has told its name."""
        return one_line(self.found.hello.cluster_name or self.found.hello.address)

    def has(self, names: Iterable[str]) -> bool:
        """Whether one of these is a name of its cluster."""
        return not self.names.isdisjoint(names)


def may_be_running() -> bool:
    """Whether there is a socket at all: a quick look, before anything is loaded that could ask."""
    from hctui.engine.remote_place import socket_folder, sockets

    return bool(sockets(socket_folder(paths.runtime_folder())))


def running() -> tuple[Running, ...]:
    """Every engine of this user that runs on this host."""
    if not may_be_running():
        return ()
    from hctui.engine.remote_client import engines
    from hctui.journal import journals

    known = {info.cluster_id: info for info in journals(paths.state_folder())}
    found = asyncio.run(engines(paths.runtime_folder()))
    return tuple(Running(each, _names(each, known.get(each.hello.cluster_id))) for each in found)


def _names(found: Found, journal: JournalInfo | None) -> frozenset[str]:
    hello = found.hello
    told = {hello.address, hello.cluster_id, hello.cluster_name, *(journal.addresses if journal else ())}
    return frozenset(told - {""})


def spellings(name: str) -> tuple[str, ...]:
    """A name as it was typed, and, if it can be an address, as the settings write one."""
    from hctui.config import Problem, check_field

    read = check_field("base_url", name)
    return (name,) if isinstance(read, Problem) or not read else (name, str(read))


def meant(engines: tuple[Running, ...], named: str | None, configured: str | None) -> Running:
    """The engine that is meant.

    Args:
        engines: those that run.
        named: a cluster's name, id or address; it prevails.
        configured: the address that the settings name. Another engine is never taken for that one.

    Raises:
        NoEngine: there is none that could be meant.
        SeveralEngines: there are several.
    """
    name = named or configured
    candidates = tuple(each for each in engines if each.has(spellings(name))) if name else engines
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise SeveralEngines(f"{_listed(candidates)}.", hint="Name one: --cluster NAME or --cluster ADDRESS.")
    if engines:
        raise NoEngine(
            f"None runs for {name}, but for {_listed(engines)}.", hint="Name a cluster with --cluster."
        )
    raise NoEngine(
        f"None of this user runs on this host{held_by()}.",
        hint="Start one with `hctui` or `hctui run`. One of another user answers that user: sudo -u USER hctui ...",
    )


def held_by() -> str:
    """What follows in a sentence where a journal is held by a process that cannot be asked; usually nothing."""
    from hctui.journal import journals
    from hctui.journal.lock import holder

    held = [(info, pid) for info in journals(paths.state_folder()) if (pid := holder(lock_of(info.path)))]
    told = listing([f"process {pid} balances {info.cluster_name}" for info, pid in held])
    return f" that answers, although {told}" if told else ""


def lock_of(journal: Path) -> Path:
    """The lock that belongs to a journal."""
    return journal.with_suffix(".lock")


def _listed(engines: tuple[Running, ...]) -> str:
    return listing([f"{each.label} (process {each.found.hello.pid})" for each in engines])
