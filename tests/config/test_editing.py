"""Values changed in the text of a settings file: exactly these, with everything else left as it was written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

import pytest
import tomlkit
import tomlkit.exceptions
from hypothesis import given
from hypothesis import strategies as st

from hctui.config import BY_KEY, default_config_text
from hctui.config.address import normalise
from hctui.config.editing import NotEditable, edited
from hctui.config.kinds import Boolean, Choice, Command, Count, FilePath, Many, Number, Value

OWN = """\
# Mine. Do not touch.
[balancer]   # the heart
  dry_run   =   true # until Ada is back
mode = 'approve'

exclude_node_ips = [  # in repair
    "10.0.0.103",  # fan
    # the two old ones
    "10.0.0.104",
    '10.0.0.105', # disk
] # end

# How to get there.
[cluster]
username = "balancer"

# The end.
"""
DOTTED = "# dotted\nbalancer.dry_run = true # why\ncluster.username = 'x'\nbalancer.mode = 'approve'\n"
INLINE = "balancer = { dry_run = true, mode = 'approve' } # all of it\n"
QUOTED = "[ \"balancer\" ]\n'dry_run' = true\n\"mode\"='approve'\n"
MISLEADING = '[cluster]\n#mode = "auto"\npassword_command = """\necho\n#mode = "auto"\n"""\n[balancer]\n'
HALF = re.sub(r"(?m)^#(ram_limit_percent|base_url|exclude_node_ips) =", r"\1 =", default_config_text())


def values_of(text: str) -> dict[str, Value]:
    """What the settings say, by key, read without anything of ours but the kinds."""
    tables = tomllib.loads(text.removeprefix("\ufeff"))
    return {key: BY_KEY[key].kind.from_toml(raw) for table in tables.values() for key, raw in table.items()}


def only_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and the lines that came."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_value_is_replaced_where_it_stands_and_its_comment_stays() -> None:
    assert only_changed(OWN, edited(OWN, {"dry_run": False})) == (
        ["  dry_run   =   true # until Ada is back"],
        ["  dry_run   =   false # until Ada is back"],
    )


def test_a_list_keeps_the_comments_between_what_stays() -> None:
    after = edited(OWN, {"exclude_node_ips": ("10.0.0.103", "10.0.0.105", "10.0.0.9")})
    assert only_changed(OWN, after) == (['    "10.0.0.104",'], ['    "10.0.0.9",'])


@pytest.mark.parametrize("ips", [(), ("10.0.0.105", "10.0.0.103"), ("10.0.0.1",), ("10.0.0.1", "10.0.0.104")])
def test_a_list_in_any_other_order_says_so(ips: tuple[str, ...]) -> None:
    assert values_of(edited(OWN, {"exclude_node_ips": ips}))["exclude_node_ips"] == ips


def test_a_value_that_is_there_in_another_notation_is_left_alone() -> None:
    text = "[balancer]\nram_limit_percent = 7_0.0\nmode = 'AUTO'\n"
    assert edited(text, {"ram_limit_percent": 70.0, "mode": "auto"}) == text


def test_a_new_value_joins_the_others_of_its_table_before_what_tells_of_the_next() -> None:
    after = edited(OWN, {"ram_limit_percent": 65.5})
    assert "] # end\nram_limit_percent = 65.5\n\n# How to get there.\n[cluster]" in after
    assert only_changed(OWN, after) == ([], ["ram_limit_percent = 65.5"])


def test_a_table_that_is_missing_comes_last() -> None:
    assert edited(OWN, {"theme": "light"}) == f'{OWN}\n[console]\ntheme = "light"\n'
    assert edited("", {"theme": "light"}) == '[console]\ntheme = "light"\n'


@pytest.mark.parametrize("key", BY_KEY)
def test_in_the_file_that_comes_with_hctui_a_value_takes_the_place_of_its_default(key: str) -> None:
    """Also a value that is the default: saying so explicitly is what was asked for."""
    text, setting = default_config_text(), BY_KEY[key]
    gone, come = only_changed(text, edited(text, {key: setting.default}))
    assert gone == [f"#{come[0]}"]
    assert come[0].startswith(f"{key} = ")


def test_a_value_that_is_commented_out_stays_as_a_note() -> None:
    text = '[balancer]\n# Who decides.\n#mode = "approve" # from May on\n# mode = ...\n\n[cluster]\n'
    assert edited(text, {"mode": "auto"}) == text.replace("#mode", 'mode = "auto"\n#mode', 1)


def test_the_words_of_a_default_elsewhere_are_not_taken_for_it() -> None:
    after = edited(MISLEADING, {"mode": "approve"})
    assert after == f'{MISLEADING}mode = "approve"\n'


@pytest.mark.parametrize("text", [DOTTED, INLINE, QUOTED], ids=["dotted", "inline", "quoted"])
def test_every_notation_of_a_table_is_kept(text: str) -> None:
    after = edited(text, {"dry_run": False, "ram_limit_percent": 65.0})
    assert values_of(after) == {**values_of(text), "dry_run": False, "ram_limit_percent": 65.0}
    assert "true" in text
    assert only_changed(text, after)[1]
    assert ("[balancer]" in after) == ("[balancer]" in text)
    assert after.count("#") == text.count("#")


@pytest.mark.parametrize("text", [OWN, DOTTED, INLINE, HALF], ids=["own", "dotted", "inline", "half"])
def test_line_ends_and_a_byte_order_mark_are_kept(text: str) -> None:
    changes: dict[str, Value] = {"dry_run": False, "theme": "ansi", "oidc": True}
    windows = "\ufeff" + text.replace("\n", "\r\n")
    assert edited(windows, changes) == "\ufeff" + edited(text, changes).replace("\n", "\r\n")


def test_mixed_line_ends_stay_mixed() -> None:
    text = "[balancer]\r\ndry_run = true\r\nmode = 'auto'\n#theme\n"
    assert edited(text, {"dry_run": False}) == text.replace("true", "false")


def test_a_last_line_without_an_end_gets_one() -> None:
    assert edited("[balancer]\ndry_run = true", {"mode": "auto"}) == (
        '[balancer]\ndry_run = true\nmode = "auto"\n'
    )


def test_what_cannot_be_changed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hctui.config.editing._put", lambda text, setting, value: text)
    with pytest.raises(NotEditable):
        edited(OWN, {"dry_run": False})


def test_what_the_editor_cannot_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> None:
        raise tomlkit.exceptions.ParseError(1, 1)

    monkeypatch.setattr(tomlkit, "parse", fail)
    with pytest.raises(NotEditable):
        edited(OWN, {"dry_run": False})


def test_a_change_that_would_change_another_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = OWN.replace("true", "false").replace("'approve'", "'auto'")
    monkeypatch.setattr("hctui.config.editing._put", lambda text, setting, value: wrong)
    with pytest.raises(NotEditable):
        edited(OWN, {"dry_run": False})


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)


WINDOWS = st.sampled_from(["mon-fri 22:00-06:00", "sat,sun 00:00-24:00", "daily 01:30-04:00"])
ITEMS: dict[str, st.SearchStrategy[str]] = {
    "exclude_node_ips": st.ip_addresses().map(str),
    "keys": st.sampled_from(["a=b", "c=ctrl+d", 'e="', "f=\\", "g=#"]),
    "pinned_fingerprints": st.text("0123456789abcdef", min_size=64, max_size=64),
    "act_only": WINDOWS,
    "never": WINDOWS,
    "notify": st.sampled_from(["all=mail -s 'a b' root", "failed=https://hooks.example.org/#t"]),
}
"""What may stand in each list."""


def values(key: str) -> st.SearchStrategy[Value]:
    """Any value the setting can have."""
    kind = BY_KEY[key].kind
    match kind:
        case Boolean():
            return st.booleans()
        case Number():
            return st.floats(kind.minimum, kind.maximum, exclude_min=kind.above_minimum)
        case Choice():
            return st.sampled_from(kind.words)
        case FilePath():
            return WORDS.map(lambda word: f"/etc/{word}")
        case Command():
            return st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=3).map(
                lambda words: ("program", *words)
            )
        case Count():
            return st.integers(kind.minimum, kind.maximum)
        case Many():
            return st.lists(ITEMS[key], max_size=4, unique=True).map(tuple)
    return WORDS if key == "username" else st.just(normalise("node-1:8443"))


@st.composite
def changes(draw: st.DrawFn) -> Mapping[str, Value]:
    keys = draw(st.lists(st.sampled_from(sorted(BY_KEY)), unique=True, max_size=6))
    return {key: draw(values(key)) for key in keys}


@given(
    text=st.sampled_from(["", "\n# nothing yet", OWN, DOTTED, INLINE, QUOTED, MISLEADING, HALF]),
    rounds=st.lists(changes(), min_size=1, max_size=3),
    windows=st.booleans(),
)
def test_any_change_of_any_file_says_exactly_what_was_meant(
    text: str, rounds: list[Mapping[str, Value]], windows: bool
) -> None:
    before = after = text.replace("\n", "\r\n") if windows else text
    expected = values_of(before)
    for wanted in rounds:
        after = edited(after, wanted)
        expected |= wanted
    assert values_of(after) == expected
    prose = [line for line in before.splitlines() if line.startswith("# ")]
    assert [line for line in after.splitlines() if line.startswith("# ")] == prose
    assert ("\r\n" in after) == ("\r\n" in before)
    assert after.count("\r\n") in (0, after.count("\n"))
