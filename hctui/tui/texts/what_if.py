"""The What if screen in words and curves: the fields of its form, what a replay came to, and its chart. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hctui.config import Settings, SettingsError, change, schema
from hctui.config.setting import Setting
from hctui.core.policy import Policy, Strategy
from hctui.core.relief import hot_above_percent
from hctui.replay.course import Course
from hctui.replay.told import LIMITS, Contender, moves, table
from hctui.tui.cell import Tone, cell
from hctui.tui.drawing import LETTERS, Curve, Drawing, Threshold
from hctui.tui.paragraph import Paragraph, blank

FIELDS: tuple[tuple[Setting[Any], str], ...] = tuple(
    (setting, label)
    for setting, label in (
        (schema.STRATEGY, "strategy"),
        (schema.LEVEL, "level"),
        (schema.CPU_UPPER_THRESHOLD_PERCENT, "CPU upper %"),
        (schema.CPU_LOWER_THRESHOLD_PERCENT, "CPU lower %"),
        (schema.RAM_LIMIT_PERCENT, "RAM limit %"),
        (schema.MOVE_COST_POINTS, "move cost"),
    )
)
"""What can be tried here, with a short label; `hctui replay --set` can try every setting."""

HOURS = "hours"
HOURS_ALLOWED = (0.1, 24.0 * 90)
USUAL_HOURS = "24"

_POINTS = 120
_TONES = (Tone.WARNING, Tone.ACCENT)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be tried: the policy that holds, another one, and how far back, in seconds."""

    as_set: Policy
    tried: Policy
    seconds: float


def first_texts(settings: Settings) -> dict[str, str]:
    """What the form begins with: what holds, under the other strategy."""
    texts = {setting.key: setting.kind.to_text(settings.get(setting)) for setting, _ in FIELDS}
    other = Strategy.BEST_FIT if texts["strategy"] == Strategy.DOCUMENTED else Strategy.DOCUMENTED
    return {**texts, "strategy": other.value, HOURS: USUAL_HOURS}


def wish(settings: Settings, texts: Mapping[str, str]) -> Wish | str:
    """What the form asks for, or what is wrong with it, in a sentence."""
    least, most = HOURS_ALLOWED
    try:
        hours = float(texts[HOURS])
    except ValueError:
        hours = 0.0
    if not least <= hours <= most:
        return f"hours must be a number from {least:g} to {most:g}; it is {texts[HOURS]!r}."
    try:
        tried = change(settings, {key: text for key, text in texts.items() if key != HOURS})
    except SettingsError as error:
        return error.problems[0]
    return Wish(settings.policy(), tried.policy(), hours * 3600.0)


def told(contenders: Sequence[Contender]) -> Iterator[Paragraph]:
    """The measures side by side, then each move, then what a replay cannot know."""
    for number, line in enumerate(table(contenders)):
        yield Paragraph(f"row-{number}", cell(line, Tone.STRONG if number == 0 else Tone.PLAIN))
    for column, contender in enumerate(contenders):
        yield blank(f"moves-{column}")
        yield Paragraph(f"of-{column}", cell(f"Moves, {LETTERS[column]} {contender.name}:", Tone.STRONG))
        lines = list(moves(contender, None)) or ["none"]
        for number, line in enumerate(lines):
            yield Paragraph(f"move-{column}-{number}", cell(line), indent=2)
    yield blank("limits")
    yield Paragraph("limits-told", cell(LIMITS, Tone.DIM))


def drawing(contenders: Sequence[Contender], since: float, until: float) -> Drawing:
    """The busiest node's CPU over time, a curve for each contender."""
    curves = tuple(
        _curve(LETTERS[number], _TONES[number % len(_TONES)], contender.course, since, until)
        for number, contender in enumerate(contenders)
    )
    hot = {hot_above_percent(contender.policy) for contender in contenders}
    return Drawing(since, until, curves, tuple(Threshold(limit, Tone.BAD) for limit in sorted(hot)))


def _curve(letter: str, tone: Tone, course: Course, since: float, until: float) -> Curve:
    """Means over equal parts of the time; a part without a sample is a gap."""
    sums, counts = [0.0] * _POINTS, [0] * _POINTS
    for at, percent in course.busiest:
        index = min(_POINTS - 1, max(0, int((at - since) / (until - since) * _POINTS)))
        sums[index] += percent
        counts[index] += 1
    length = (until - since) / _POINTS
    middles = tuple(since + (index + 0.5) * length for index in range(_POINTS))
    means = tuple(total / count if count else None for total, count in zip(sums, counts, strict=True))
    return Curve(letter, tone, middles, means)
