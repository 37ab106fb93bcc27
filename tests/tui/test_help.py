"""The help: made from what is active and from the table of keys, so that it cannot say anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hctui.tui.keys import BY_ID, KEYS, Where
from hctui.tui.paragraph import laid_out, plain
from hctui.tui.screens.detail import VmDetail
from hctui.tui.screens.explain import Explanation
from hctui.tui.screens.help import Help
from hctui.tui.screens.matrix import Matrix
from hctui.tui.texts.keys import Active, Group, told
from hctui.tui.widgets.paper import Paper
from tests.core.build import cluster, node, vm
from tests.tui.stage import Stage, console, view_of
from tests.tui.troubled import troubled


def shown(groups: list[Group], remapped: dict[str, str] | None = None) -> list[str]:
    return plain(told(groups, remapped or {}, lambda key: key.upper()), 200).splitlines()


# The words


def test_active_keys_come_first_with_their_meaning_and_their_name() -> None:
    group = Group("Now, in the log", (Active("f", "follow", "follow", "follow"),))
    lines = shown([group])
    assert lines[:2] == [
        "To change a key, set its name, at the right of its line, to another key in the settings, as in",
        '  keys = ["approve=ctrl+a"]',
    ]
    assert lines[3] == "Now, in the log"
    assert lines[4].split() == ["F", *BY_ID["follow"].meaning.split(), "follow"]


def test_several_keys_of_one_action_are_one_line() -> None:
    group = Group("Everywhere", tuple(Active(key, "help", "help", "") for key in ("f1", "f2")))
    assert shown([group])[4].startswith("  F1 F2  ")


def test_ours_come_before_those_that_textual_brings() -> None:
    group = Group(
        "Now", (Active("tab", "app.focus_next", "", "Focus Next"), Active("s", "sort", "sort", "sort"))
    )
    assert [line.split()[0] for line in shown([group])[4:6]] == ["S", "TAB"]


def test_a_key_that_is_not_in_the_table_says_of_itself_what_it_does() -> None:
    group = Group("Now", (Active("x", "odd", "", "Do something odd."), Active("z", "bare", "", "")))
    assert [line.split(maxsplit=1)[1] for line in shown([group])[4:6]] == ["Do something odd.", "bare."]


def test_a_key_without_effect_at_the_moment_says_so() -> None:
    group = Group("Now", (Active("a", "approve", "approve", "approve", is_enabled=False),))
    assert "Not at this moment." in shown([group])[4]


def test_all_keys_are_there_active_or_not_each_once() -> None:
    group = Group("Now", (Active("e", "explain", "explain", "explain"),))
    lines = shown([group])
    for key in KEYS:
        assert sum(line.split()[-1] == key.id for line in lines if line.startswith("  ")) == 1, key.id


def test_elsewhere_keys_are_shown_as_they_are_remapped() -> None:
    lines = shown([], {"approve": "ctrl+a,f5"})
    [line] = [line for line in lines if line.split()[-1:] == ["approve"]]
    assert line.startswith("  CTRL+A F5")


@pytest.mark.parametrize("width", [58, 78, 118])
def test_the_help_fits(width: int) -> None:
    paragraphs = told([], {}, lambda key: key)
    assert len({each.key for each in paragraphs}) == len(paragraphs)
    assert all(line.width <= width for line in laid_out(paragraphs, width).values())


# The page


async def helped(stage: Stage) -> list[str]:
    await stage.press("question_mark")
    assert isinstance(stage.app.screen, Help)
    return stage.app.screen.query_one(Paper).text.splitlines()


def section(lines: list[str], title: str) -> list[str]:
    """The ids of the keys of a section."""
    begin = next(number for number, line in enumerate(lines) if line.startswith(title))
    end = next((number for number in range(begin, len(lines)) if not lines[number]), len(lines))
    return [line.split()[-1] for line in lines[begin + 1 : end]]


async def test_the_keys_of_the_focused_table_come_first() -> None:
    async with console(troubled()) as stage:
        lines = await helped(stage)
        titles = [line for line in lines if line and not line.startswith(" ")]
        assert titles[1:4] == ["Now, in the table of VMs", "Now, on this screen", "Everywhere"]
        assert {"move", "sort", "reverse", "copy"} <= set(section(lines, "Now, in the table of VMs"))
        assert {"explain", "filter"} <= set(section(lines, "Now, on this screen"))
        assert {"help", "pause", "quit", "matrix"} <= set(section(lines, "Everywhere"))
        assert "Elsewhere: in the log" in lines
        await stage.press("question_mark")
        assert not isinstance(stage.app.screen, Help)


async def test_a_key_is_active_only_where_it_works() -> None:
    async with console(troubled()) as stage:
        assert "approve" not in section(await helped(stage), "Now, on this screen")
    proposed = view_of(cluster([node(1, cpu=91), node(2)], [vm("web")]))
    assert proposed.state.proposal
    async with console(proposed) as stage:
        assert {"approve", "reject", "next_best"} <= set(section(await helped(stage), "Now, on this screen"))


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        (Explanation, {"earlier", "later", "copy", "back"}),
        (Matrix, {"node_before", "node_after", "filter", "explain", "back"}),
    ],
)
async def test_other_pages_have_keys_of_their_own(page: type[Explanation | Matrix], ids: set[str]) -> None:
    async with console(troubled()) as stage:
        await stage.app.push_screen(page())
        assert ids <= set(section(await helped(stage), "Now, on this screen"))


async def test_the_charts_of_a_vm_take_the_key_of_the_charts() -> None:
    from hctui.core.model import VmId

    async with console(troubled()) as stage:
        await stage.app.push_screen(VmDetail(VmId("web-01")))
        lines = await helped(stage)
        assert "vm_charts" in section(lines, "Now, on this screen")
        assert "charts" not in section(lines, "Everywhere")


async def test_a_remapped_key_is_shown_as_it_is_now() -> None:
    view = view_of(cluster([node(1), node(2)], [vm("web")]), given={"keys": ("pause=f9", "follow=f8")})
    async with console(view) as stage:
        lines = await helped(stage)
        [pause] = [line for line in lines if line.split()[-1:] == ["pause"]]
        [follow] = [line for line in lines if line.split()[-1:] == ["follow"]]
        assert pause.split()[0] == "f9"
        assert follow.split()[0] == "f8"
        await stage.press("escape", "f9")
        assert stage.front.commands


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
async def test_the_help_is_read_to_its_end(size: tuple[int, int]) -> None:
    async with console(troubled(), size) as stage:
        await helped(stage)
        assert "To change a key" in stage.text
        await stage.press("end")
        assert KEYS[-1].id in stage.text


async def test_the_help_is_copied_as_plain_text(tmp_path: Path) -> None:
    async with console(troubled(), folder=tmp_path) as stage:
        lines = await helped(stage)
        await stage.press("y")
        assert (tmp_path / "copied.txt").read_text().splitlines() == lines


@pytest.mark.parametrize(("given", "keys"), [({}, "q or ^q"), ({"keys": ("quit=f10",)}, "f10")])
async def test_ctrl_c_says_which_key_quits(given: dict[str, tuple[str, ...]], keys: str) -> None:
    async with console(view_of(cluster([node(1)], [vm("web")]), given=given)) as stage:
        await stage.press("ctrl+c")
        [note] = stage.app._notifications
        assert note.message.replace("\n", " ").startswith(f"Ctrl-C does not quit. {keys} does")
        assert stage.app.is_running


def test_one_word_for_one_thing() -> None:
    """The bar says what the page is called, and no two keys that work in one place say the same."""
    labels = [
        key.label for key in KEYS if key.label and key.where in (Where.EVERYWHERE, Where.DASHBOARD, Where.VMS)
    ]
    assert len(labels) == len(set(labels))
    assert (BY_ID["explain"].label, BY_ID["matrix"].label) == ("explain", "matrix")
    assert not [key for key in KEYS if key.label == "why"]
