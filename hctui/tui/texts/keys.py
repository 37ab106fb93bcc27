"""The help: the keys that work now, those of the focused part first, then all others by place. Pure.

It is told what is active, so that a key that was remapped is shown as it is, and one that has no effect is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hctui.tui.cell import Tone, cell
from hctui.tui.keys import BY_ID, KEYS, Key, Where
from hctui.tui.paragraph import Paragraph, blank
from hctui.tui.texts.verdicts import heading

_KEY_WIDTH = 16

REMAPPING = (
    "To change a key, set its name, at the right of its line, to another key in the settings, as in",
    'keys = ["approve=ctrl+a"]',
)

_MEANINGS = {
    "app.focus_next": "To the next part of the screen.",
    "app.focus_previous": "To the part before.",
    "screen.copy_text": "Copy the text that is selected with the mouse. With nothing selected: say how to quit.",
    "help_quit": "Say how to quit.",
    "move(-1)": "One row up.",
    "move(1)": "One row down.",
    "page(-1)": "One page up.",
    "page(1)": "One page down.",
    "first": "To the first row.",
    "last": "To the last row.",
    "choose": "Open what is under the cursor.",
}
"""Of keys that are not in our table, by their action."""

Display = Callable[[str], str]
"""How a key is shown, by the name Textual has for it."""


@dataclass(frozen=True, slots=True)
class Active:
    """A key that works now.

    Attributes:
        key: as Textual names it.
        action: what it does; several keys may do the same.
        id: the name under which it can be remapped; empty for none.
        description: what it says of itself; used where our table has no meaning for it.
        is_enabled: whether it would do something at this moment.
    """

    key: str
    action: str
    id: str
    description: str
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Keys that work in one place: what has the focus, the screen, or everywhere."""

    title: str
    keys: tuple[Active, ...]


def told(groups: Sequence[Group], remapped: Mapping[str, str], display: Display) -> tuple[Paragraph, ...]:
    """The whole help.

    Args:
        groups: what is active, most special first.
        remapped: keys by id, of the settings.
        display: how a key is shown.
    """
    shown = {active.id for group in groups for active in group.keys}
    found = [
        Paragraph(f"remapping-{number}", cell(line, Tone.DIM), indent=2 * number)
        for number, line in enumerate(REMAPPING)
    ]
    for number, group in enumerate(groups):
        found += _section(f"now-{number}", group.title, _actives(group.keys, display))
    for where in Where:
        keys = [key for key in KEYS if key.where is where and key.id not in shown]
        found += _section(f"other-{where.name}", f"Elsewhere: {where}", _others(keys, remapped, display))
    return tuple(found)


def how_to_quit(keys: str, display: Display, *, asks_first: bool) -> str:
    """What is said to somebody who presses Ctrl-C, which quits elsewhere.

    Args:
        keys: those that do quit, as Textual names them, separated by commas.
        display: how a key is shown.
        asks_first: whether they ask where something would be left undone.
    """
    shown = " or ".join(display(key.strip()) for key in keys.split(","))
    asks = ", and asks first if something would be left undone" if asks_first else ""
    return f"Ctrl-C does not quit. {shown} does{asks}."


Line = tuple[str, str, str, bool]
"""Keys as shown, meaning, id, and whether it works at this moment."""


def _section(key: str, title: str, lines: Iterable[Line]) -> Iterator[Paragraph]:
    lines = list(lines)
    if not lines:
        return
    yield blank(key)
    yield heading(key, f"{title[:1].upper()}{title[1:]}")
    for number, (keys, meaning, key_id, works) in enumerate(lines):
        yield Paragraph(
            f"{key}-{number}",
            cell(meaning if works else f"{meaning} Not at this moment.", Tone.PLAIN if works else Tone.DIM),
            cell(keys, Tone.ACCENT),
            2,
            _KEY_WIDTH,
            aside=cell(key_id, Tone.DIM),
        )


def _actives(keys: Iterable[Active], display: Display) -> Iterator[Line]:
    """One line for each action, with all keys that do it."""
    by_action: dict[str, list[Active]] = {}
    for active in sorted(keys, key=lambda each: not each.id):
        by_action.setdefault(active.action, []).append(active)
    for action, same in by_action.items():
        names = " ".join(dict.fromkeys(display(active.key) for active in same))
        yield names, _meaning(action, same[0]), same[0].id, same[0].is_enabled


def _meaning(action: str, active: Active) -> str:
    known = BY_ID.get(active.id)
    if known:
        return known.meaning
    return _MEANINGS.get(action) or f"{active.description or action}".rstrip(".") + "."


def _others(keys: Iterable[Key], remapped: Mapping[str, str], display: Display) -> Iterator[Line]:
    for key in keys:
        names = remapped.get(key.id, key.keys).split(",")
        yield " ".join(display(name.strip()) for name in names), key.meaning, key.id, True
