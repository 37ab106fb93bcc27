"""What is wrong with keys that the settings give to actions: names that do not exist, and keys that would hide another.

Textual takes any text for a key and, of two actions on one key, silently drops one or never comes to it. Pure; knows
the table of keys, and which places of it are active at the same time, but no screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, Keys, key_to_character

from hctui.core.wording import listing
from hctui.tui.keys import BY_ID, KEYS, Where


@dataclass(frozen=True, slots=True)
class Scene:
    """What is active together: all keys of some places, and single ones that a screen offers besides."""

    places: frozenset[Where]
    also: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """The names of the actions."""
        return frozenset(key.id for key in KEYS if key.where in self.places) | self.also


def _scene(*places: Where, also: Iterable[str] = ()) -> Scene:
    return Scene(frozenset({Where.EVERYWHERE, Where.PAGE, Where.LIST, *places}), frozenset(also))


SCENES: tuple[Scene, ...] = (
    _scene(Where.DASHBOARD, Where.PROPOSAL, Where.VMS),
    _scene(Where.DASHBOARD, Where.PROPOSAL, Where.NODES),
    _scene(Where.DASHBOARD, Where.PROPOSAL, Where.LOG),
    _scene(Where.VM, also=("explain", "move")),
    _scene(Where.EXPLANATION, also=("move",)),
    _scene(Where.MATRIX, also=("explain", "move", "filter")),
    _scene(Where.TARGETS),
    _scene(Where.CHARTS),
    _scene(Where.HISTORY),
    _scene(Where.SETTINGS),
    _scene(Where.WHAT_IF),
    Scene(frozenset({Where.QUESTION, Where.PAGE})),
)

MEANT = frozenset({frozenset({"charts", "vm_charts"})})
"""Pairs that may share a key although both are active: on its own page a VM is what the charts are about."""

FIXED: Mapping[str, str] = {
    "up": "moves the cursor",
    "down": "moves the cursor",
    "pageup": "moves the cursor",
    "pagedown": "moves the cursor",
    "home": "moves the cursor",
    "end": "moves the cursor",
    "enter": "opens what is chosen",
    "tab": "goes to the next part of the screen",
    "shift+tab": "goes to the part before",
}
"""Keys that cannot be remapped and come first wherever a list has the focus."""

_MODIFIERS = frozenset({"alt", "ctrl", "hyper", "meta", "shift", "super"})

_NAMED = frozenset(key.value.rpartition("+")[2] for key in Keys if not key.value.startswith("<")) - {
    "ctrl-at",
    "return",  # it is never told from enter
}


def faults(remapped: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with a remapping, each in a sentence; none if nothing is.

    Args:
        remapped: by the id of an action its keys, with commas between, as in the settings.
    """
    unknown = [name for name in remapped if name not in BY_ID]
    keys = {key_id: normal(text) for key_id, text in remapped.items() if key_id in BY_ID}
    found = []
    if unknown:
        found.append(f"The console has no action named {listing(unknown)}; the help lists them.")
    found += [
        f"There is no key named {key} for {key_id}."
        for key_id, several in keys.items()
        for key in several
        if not is_key(key)
    ]
    return (*found, *_hidden(keys), *_shared(keys))


def normal(keys: str) -> tuple[str, ...]:
    """Keys with commas between as Textual calls them, which has a name for every sign."""
    named = [key.strip() for key in keys.split(",") if key.strip()]
    return tuple(each.key for each in Binding.make_bindings([Binding(key, "any") for key in named]))


def is_key(key: str) -> bool:
    """Whether Textual ever reports a key of this name, which must be in its normal form."""
    *modifiers, base = key.split("+")
    if not base or modifiers != sorted(_MODIFIERS.intersection(modifiers)):
        return False  # Textual names several of them in the order of the alphabet
    if base in _NAMED:
        return True
    sign = key_to_character(REPLACED_KEYS.get(base, base))
    return sign is not None and normal(sign) == (base,)


def _hidden(keys: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Actions that would be behind a key of every list."""
    for key_id, several in keys.items():
        for key in several:
            if key in FIXED and key not in normal(BY_ID[key_id].keys):
                yield f"The key {key} is not free for {key_id}: in every list it {FIXED[key]}."


def _shared(remapped: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Pairs of actions on one key in one place, at least one of which was remapped."""
    keys = {key.id: normal(key.keys) for key in KEYS} | dict(remapped)
    for one, other in combinations(keys, 2):
        if not {one, other} & remapped.keys() or {one, other} in MEANT:
            continue
        both = [key for key in keys[one] if key in keys[other]]
        if both and any({one, other} <= scene.ids for scene in SCENES):
            yield f"The key {listing(both)} would do both {one} and {other} in the same place."
