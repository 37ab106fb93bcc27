"""Keys given to actions by the settings: those that could not work are refused, and the built-in ones all can."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from textual.binding import Binding
from textual.screen import Screen

import hctui.tui.screens
from hctui.tui.keys import BY_ID, KEYS, Where
from hctui.tui.remapping import FIXED, MEANT, SCENES, faults, is_key, normal
from hctui.tui.widgets.table import Table

REFUSED = [
    (
        {"nonsense": "x", "more": "y"},
        "The console has no action named nonsense and more; the help lists them.",
    ),
    ({"approve": "nope"}, "There is no key named nope for approve."),
    ({"approve": "a,ctrl+nope"}, "There is no key named ctrl+nope for approve."),
    ({"approve": "d"}, "The key d would do both dry_run and approve in the same place."),
    ({"help": "escape"}, "The key escape would do both help and back in the same place."),
    ({"pause": "?"}, "The key question_mark would do both help and pause in the same place."),
    ({"sort": "j", "reverse": "j"}, "The key j would do both sort and reverse in the same place."),
    ({"approve": "enter"}, "The key enter is not free for approve: in every list it opens what is chosen."),
    ({"save": "down"}, "The key down is not free for save: in every list it moves the cursor."),
    ({"node_after": "e"}, "The key e would do both explain and node_after in the same place."),
    ({"answer_after": "escape"}, "The key escape would do both back and answer_after in the same place."),
]


@pytest.mark.parametrize(("remapped", "told"), REFUSED)
def test_a_remapping_that_cannot_work_is_refused(remapped: dict[str, str], told: str) -> None:
    assert faults(remapped) == (told,)


@pytest.mark.parametrize(
    "remapped",
    [
        {},
        {"approve": "ctrl+a"},
        {"help": "f5"},
        {"dry_run": "p", "pause": "d"},
        {"approve": "d", "dry_run": "ctrl+d"},
        {"sort": "f", "figure": "n,N", "subject": "b"},
        {"charts": "j"},
        {"charts": "j", "vm_charts": "j"},
        {"edit": "enter,space,b"},
        {"earlier": "b", "node_before": "b", "answer_before": "b"},
        {"filter": "/"},
        {"pause": "d,ctrl+d", "dry_run": "ü"},
    ],
)
def test_one_that_works_is_not(remapped: dict[str, str]) -> None:
    assert faults(remapped) == ()


@pytest.mark.parametrize(
    ("key", "exists"),
    [
        *((key, True) for key in ("a", "A", "7", "ü", "slash", "minus", "plus", "f12", "ctrl+f1", "space")),
        *((key, True) for key in ("ctrl+shift+left", "shift+tab", "alt+slash", "question_mark")),
        *(
            (key, False)
            for key in ("nope", "shift+ctrl+left", "ctrl+/", "solidus", "ctl+a", "return", "", "ctrl+")
        ),
    ],
)
def test_names_of_keys(key: str, exists: bool) -> None:
    assert is_key(key) is exists


def test_every_key_of_the_table_exists_and_none_hides_another() -> None:
    for key in KEYS:
        assert all(is_key(each) for each in normal(key.keys)), key
    assert faults({key.id: key.keys for key in KEYS}) == ()
    for pair in MEANT:
        one, other = (BY_ID[key_id] for key_id in pair)
        assert one.keys == other.keys


def offered(cls: type) -> frozenset[str]:
    """The ids from our table in a widget's own keys and those it inherits."""
    return frozenset(
        str(each.id)
        for parent in cls.__mro__
        for each in parent.__dict__.get("BINDINGS", ())
        if isinstance(each, Binding) and each.id in BY_ID
    )


def test_all_that_is_active_together_is_known() -> None:
    """A screen that offers a key in one more place must say so here, or a clash would not be seen."""
    for module in pkgutil.iter_modules(hctui.tui.screens.__path__):
        found = vars(importlib.import_module(f"hctui.tui.screens.{module.name}"))
        classes = [
            each
            for each in found.values()
            if isinstance(each, type) and each.__module__.endswith(module.name)
        ]
        screens = [each for each in classes if issubclass(each, Screen)]
        tables = [offered(each) for each in classes if issubclass(each, Table)] or [frozenset[str]()]
        for screen in screens:
            for table in tables:
                together = offered(screen) | table
                assert any(together <= scene.ids for scene in SCENES), (screen, together)


def test_what_is_fixed_is_what_lists_and_textual_have() -> None:
    own = {each.key for each in Table.BINDINGS if isinstance(each, Binding)}
    assert own | {"tab", "shift+tab"} == set(FIXED)
    assert all(scene.ids for scene in SCENES)
    assert set().union(*(scene.places for scene in SCENES)) == set(Where)
