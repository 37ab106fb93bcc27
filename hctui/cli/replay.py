"""`hctui replay`: what other settings would have done with the recorded days, beside what these would have.

Exit code 0; 2 where nothing was recorded in that time, or something given is wrong.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.durations import DURATION
from hctui.cli.options import loaded, settings_flags
from hctui.cli.printing import tell, width
from hctui.config import Source, SourceKind
from hctui.core.errors import HctuiError
from hctui.core.policy import Policy, Strategy
from hctui.core.wrapping import Block, wrapped

if TYPE_CHECKING:
    from hctui.config import Settings
    from hctui.core.model import Snapshot
    from hctui.journal.samples import WholeSample
    from hctui.replay.course import Course
    from hctui.replay.told import Contender

_PROGRESS_SECONDS = 0.5
_TYPED = Source(SourceKind.CONSOLE, "as given here")


class NothingToReplay(HctuiError):
    """There is no sample in that time."""

    title = "Nothing to replay"


class NotChanged(HctuiError):
    """What was given after --set is no setting, or not written as one."""

    title = "That setting cannot be tried"


@click.command(short_help="Tell what other settings would have done with the recorded days.")
@settings_flags("base_url")
@click.option(
    "--since", type=DURATION, default="7d", show_default=True, help="How far back: a number and s, m, h or d."
)
@click.option(
    "--set", "changed", metavar="KEY=VALUE", multiple=True, help="Try a setting; may be given several times."
)
@click.option("--strategy", type=click.Choice([each.value for each in Strategy]), help="Try this strategy.")
@click.option(
    "--recording", type=click.Path(dir_okay=False, path_type=Path), help="Replay this file, not the journal."
)
@click.option(
    "--save", type=click.Path(path_type=Path), help="Write a recording, without names, and replay nothing."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def replay(
    config_file: Path | None,
    since: float,
    changed: tuple[str, ...],
    strategy: str | None,
    recording: Path | None,
    save: Path | None,
    as_json: bool,
    **flags: object,
) -> None:
    """Run what was recorded through the same decisions, in virtual time: as the settings say, and with changes.

    Without --set and --strategy it compares documented with best-fit. Nothing on a cluster is read or changed.
    """
    if save and recording:
        raise click.UsageError("Give --save or --recording, not both.")
    settings = loaded(config_file, flags)
    until = time.time()
    samples = _samples(settings, recording, until - since, until)
    if save:
        from hctui.journal.recording import write_recording

        number = write_recording(samples(), save)
        tell(
            f"{save}: {number} samples, names replaced by numbers. `hctui replay --recording {save}` replays it."
        )
        return
    wanted = {**_pairs(changed), **({"strategy": strategy} if strategy else {})}
    contenders = _contenders(settings, wanted, samples)
    if as_json:
        click.echo(_as_json(contenders))
        return
    for line in wrapped(_blocks(contenders), width()):
        click.echo(line)


def _samples(
    settings: Settings, recording: Path | None, since: float, until: float
) -> Callable[[], Iterator[WholeSample]]:
    """What reads the samples, anew each time it is called."""
    if recording is not None:
        from hctui.journal.recording import read_recording

        return lambda: read_recording(recording)
    from hctui.cli.report import journal_of
    from hctui.journal.frames import read_samples

    path = journal_of(settings).path
    return lambda: read_samples(path, since, until)


def _pairs(changed: tuple[str, ...]) -> dict[str, str]:
    """What is tried, by key.

    Raises:
        NotChanged: there is no such setting of the balancer, or no value.
    """
    from hctui.config import BY_KEY, Group

    pairs = {}
    for each in changed:
        key, sign, value = each.partition("=")
        key = key.strip().removeprefix("balancer.")
        if not sign:
            raise NotChanged(f"{each!r} must be KEY=VALUE, as in cpu_upper_threshold_percent=75.")
        if key not in BY_KEY or BY_KEY[key].group is not Group.BALANCER:
            raise NotChanged(
                f"{key!r} is no setting of the balancer.",
                hint="`hctui config show` lists them, in the group balancer.",
            )
        pairs[key] = value.strip()
    return pairs


def _contenders(
    settings: Settings, wanted: dict[str, str], samples: Callable[[], Iterator[WholeSample]]
) -> list[Contender]:
    from hctui.config import change
    from hctui.journal.frames import frames_of
    from hctui.replay.told import Contender, named

    as_set = settings.policy()
    other = {Strategy.DOCUMENTED: Strategy.BEST_FIT, Strategy.BEST_FIT: Strategy.DOCUMENTED}[as_set.strategy]
    tried = change(settings, wanted or {"strategy": other.value}, _TYPED).policy()
    names = ("as set", "changed") if wanted else (named(as_set), named(tried))
    found = []
    for name, policy in zip(names, (as_set, tried), strict=True):
        course = _course(frames_of(samples()), policy, name)
        found.append(Contender(name, policy, course))
    if not found[0].course.busiest:
        raise NothingToReplay(
            "No sample was recorded in that time.", hint="`hctui run` records while it watches."
        )
    return found


def _course(frames: Iterator[Snapshot], policy: Policy, name: str) -> Course:
    """What comes of a policy, with progress where a person waits for it."""
    from hctui.replay.course import replayed

    is_shown = sys.stderr.isatty()
    shown_at = 0.0

    def progress(at: float) -> None:
        nonlocal shown_at
        if is_shown and time.monotonic() - shown_at > _PROGRESS_SECONDS:
            shown_at = time.monotonic()
            day = time.strftime("%a %d %b %H:%M", time.localtime(at))
            click.echo(f"\r{name}: {day}   ", nl=False, err=True)

    course = replayed(frames, policy, on_frame=progress)
    if is_shown:
        click.echo("\r" + " " * 60 + "\r", nl=False, err=True)
    return course


def _blocks(contenders: list[Contender]) -> Iterator[Block | str]:
    """The table as it is, the moves and what a replay cannot know wrapped at words."""
    from hctui.config.local_time import LOCAL_TIME
    from hctui.replay.told import LIMITS, moves, table

    yield from table(contenders)
    for each in contenders:
        yield Block("")
        yield Block(f"Moves, {each.name}:")
        lines = list(moves(each, LOCAL_TIME)) or ["none"]
        yield from (Block(line, "  ", "    ") for line in lines)
    yield Block("")
    yield Block(LIMITS)


def _as_json(contenders: list[Contender]) -> str:
    return json.dumps(
        [
            {
                "name": each.name,
                "strategy": each.policy.strategy.value,
                "measures": asdict(each.course.measures),
                "moves": [
                    {
                        "at": moved.at,
                        "vm": moved.move.vm_name,
                        "from": moved.move.source_name,
                        "to": moved.move.target_name,
                        "reason": moved.move.reason.value,
                        "sentence": moved.move.sentence,
                        "is_return": moved.is_return,
                        "is_unhelpful": moved.is_unhelpful,
                    }
                    for moved in each.course.moves
                ],
            }
            for each in contenders
        ],
        indent=2,
    )
