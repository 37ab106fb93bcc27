"""`hctui check`: connect, read, and say in plain words what was found. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.options import loaded, password_of, settings_flags
from hctui.cli.printing import width
from hctui.config import Group
from hctui.core.wording import count
from hctui.core.wrapping import Block, wrapped

if TYPE_CHECKING:
    from hctui.config import Settings
    from hctui.engine.survey import Remark


@click.command(short_help="Connect, read, and say what was found.")
@settings_flags(Group.CLUSTER, Group.BALANCER)
def check(config_file: Path | None, **flags: object) -> None:
    """Connect, read, and say what was found: nodes, rules, CPU figures, account, certificate.

    Exit code 0 when all is fine, 1 when there are findings, 2 when the cluster could not be read.
    """
    import asyncio

    from hctui.engine.survey import Grade

    settings = loaded(config_file, flags)
    remarks = asyncio.run(_read(settings))
    for line in lines(remarks, width()):
        click.echo(line)
    findings = sum(remark.grade is Grade.FINDING for remark in remarks)
    click.echo(f"{count(findings, 'finding')}." if findings else "No findings.")
    raise click.exceptions.Exit(1 if findings else 0)


def lines(remarks: Sequence[Remark], columns: int | None) -> list[str]:
    """A block of lines for each remark, its sentence beside grade and topic; `columns` as in `wrapped`."""
    topic_width = max(len(remark.topic) for remark in remarks)
    labels = [f"{remark.grade:<7}  {remark.topic:<{topic_width}}  " for remark in remarks]
    blocks = (
        Block(remark.sentence, label, " " * len(label)) for remark, label in zip(remarks, labels, strict=True)
    )
    return wrapped(blocks, columns)


async def _read(settings: Settings) -> tuple[Remark, ...]:
    from hctui.api.errors import ClusterUnreachable
    from hctui.engine.connection import check_named, client_of, trust_of
    from hctui.engine.survey import Reading, survey

    check_named(settings)
    async with client_of(settings, password_of(settings)) as client:
        snapshot = await client.snapshot(time.time())
        account = await client.account()
        try:
            certificate = await client.certificate()
        except ClusterUnreachable:
            certificate = None
        trust = trust_of(settings.cluster).kind
        reading = Reading(snapshot, account, certificate, trust, client.latency_seconds)
    return survey(reading, settings.policy(), time.time())
