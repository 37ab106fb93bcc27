"""`hctui fit`: the best node for a new VM, and why not another. Reads the cluster once; changes nothing."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hctui.cli.options import loaded, password_of, settings_flags
from hctui.cli.printing import tell
from hctui.config import Group
from hctui.core.wording import count, gib, percent

if TYPE_CHECKING:
    from hctui.config import Settings
    from hctui.core.fit import Place
    from hctui.core.model import Snapshot

_UNITS = {"": 1024**3, "GIB": 1024**3, "MIB": 1024**2, "TIB": 1024**4}
_MOST_BYTES = 1024**5


class Size(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """RAM, such as 16GiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401
        """The bytes that are meant."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([A-Za-z]*)", str(value).strip(), re.ASCII)
        if match is None or match[2].upper() not in _UNITS:
            self.fail(f"{value!r} is no size: give a number of GiB, MiB or TiB, such as 16GiB.", param, ctx)
        size = round(float(match[1]) * _UNITS[match[2].upper()])
        if not 0 < size <= _MOST_BYTES:
            self.fail(f"{value!r} must be above 0 and at most 1024 TiB.", param, ctx)
        return size


@click.command(short_help="Name the best node for a new VM.")
@click.option("--ram", "mem_bytes", type=Size(), required=True, help="RAM of the new VM, such as 16GiB.")
@click.option("--vcpu", "vcpus", type=click.IntRange(1, 1024), required=True, help="Its vCPUs.")
@settings_flags(Group.CLUSTER, Group.BALANCER)
def fit(config_file: Path | None, mem_bytes: int, vcpus: int, **flags: object) -> int:
    """Name the best node for a new VM of this size, and say why, and why not the others.

    It goes by the CPU of this moment, by RAM with the VM on it, by vCPUs per thread where that has a limit, and by
    whether the cluster could still do without a node. Exit code 0: it fits on one. 1: on none. 2: the cluster could not
    be read.
    """
    import asyncio

    from hctui.core.fit import places
    from hctui.core.situation import situation_of
    from hctui.core.state import State

    settings = loaded(config_file, flags)
    snapshot = asyncio.run(_read(settings))
    found = places(situation_of(State(), snapshot, settings.policy(), time.time()), mem_bytes, vcpus)
    what = f"a VM with {gib(mem_bytes)} and {count(vcpus, 'vCPU')}"
    best = found[0] if found and found[0].ok else None
    tell(
        f"{what[0].upper()}{what[1:]} fits best on {best.node.name}." if best else f"No node can take {what}."
    )
    for place in found:
        tell(_line(place))
    return 0 if best else 1


def _line(place: Place) -> str:
    figures = [
        "CPU unknown" if place.cpu_percent is None else f"CPU {percent(place.cpu_percent)}",
        "RAM unknown" if place.ram_percent is None else f"RAM {percent(place.ram_percent)} with it",
    ]
    if place.vcpus_per_thread is not None:
        figures.append(f"{place.vcpus_per_thread:.1f} vCPUs per thread")
    warned = [
        verdict.sentence
        for verdict in place.verdicts
        if verdict.ok and verdict.check == "N+1" and verdict.value
    ]
    why = "" if place.ok else f" No: {place.verdicts[-1].sentence}"
    return f"  {place.node.name}: {', '.join(figures)}.{why}{' ' + warned[0] if warned else ''}"


async def _read(settings: Settings) -> Snapshot:
    from hctui.engine.connection import check_named, client_of

    check_named(settings)
    async with client_of(settings, password_of(settings)) as client:
        return await client.snapshot(time.time())
