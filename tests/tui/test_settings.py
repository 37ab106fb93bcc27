"""The config editor, driven by keys, on real settings files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button, Input, Static

from hctui.api.route import Reach
from hctui.config import BY_KEY, SETTINGS, load
from hctui.engine.commands import ChangeSettings, ReloadSettings
from hctui.tui.screens.settings import SettingsPage
from hctui.tui.screens.settings_field import SettingField
from tests.core.build import NOW
from tests.tui.desk import FILE, LIVE, SECRET, Desk, desk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


# Showing


async def test_every_setting_is_there_with_value_source_and_meaning(path: Path) -> None:
    async with desk(path) as at:
        for setting in SETTINGS:
            await at.go(setting.key)
            row = at.row(setting.key)
            assert ("file " if f"\n{setting.key} =" in FILE else "default") in row
            assert setting.meaning in at.told("about")
            assert setting.allowed in at.told("about")
        assert "70 %" in at.row("ram_limit_percent")
        assert "60 min" in at.row("migration_limit_minutes")
        assert "not set" in at.row("ca_file")


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 50)])
async def test_it_can_be_used_at_every_size(path: Path, size: tuple[int, int]) -> None:
    async with desk(path, size=size) as at:
        await at.go("ram_limit_percent")
        await at.press("enter", *"65", "enter")
        text = at.stage.text
        assert "ram_limit_percent" in text
        assert "65 %" in text
        assert "esc" in text
        at.at("keys")
        await at.stage.settle()
        assert "console.keys" in at.stage.text


async def test_the_key_opens_it_and_closes_it(path: Path) -> None:
    async with desk(path) as at:
        await at.press("c")
        assert at.stage.app.screen is not at.page
        await at.press("c")
        assert isinstance(at.stage.app.screen, SettingsPage)
        await at.press("escape")
        assert at.stage.app.screen is not at.page


async def test_a_new_picture_keeps_cursor_and_field(path: Path) -> None:
    async with desk(path, size=(80, 24)) as at:
        await at.go("stand_down_severity")
        before = at.table.scroll_offset
        await at.go("proposal_limit_minutes")
        await at.press("enter", "7")
        at.stage.front.publish(is_reading=True)
        await at.stage.until(lambda: at.stage.app.picture.view.is_reading)
        await at.press("7")
        assert at.table.cursor_key == "proposal_limit_minutes"
        assert at.table.scroll_offset == before
        await at.press("enter")
        assert "77 min" in at.row("proposal_limit_minutes")


async def test_the_status_is_in_sight_and_runs(path: Path) -> None:
    async with desk(path) as at:
        assert "DRY RUN" in at.stage.text
        at.stage.front.clock += 12
        at.page.tick(at.stage.front.clock)
        await at.stage.settle()
        assert "data 12 s" in at.stage.text


@pytest.mark.parametrize(
    ("environ", "text", "place"),
    [
        ({}, FILE, "from the command pass."),
        ({"SC_PASSWORD": SECRET}, FILE, "from the environment variable SC_PASSWORD."),
        ({}, "", "from a prompt."),
        ({}, "[cluster]\npassword_file = '/run/pw'\n", "from the file /run/pw."),
    ],
)
async def test_it_says_where_the_password_comes_from(
    path: Path, environ: dict[str, str], text: str, place: str
) -> None:
    async with desk(path, text, environ=environ) as at:
        assert f"Password: {place}" in at.stage.text
        assert SECRET not in at.stage.app.export_screenshot()


async def test_it_is_the_engine_that_says_where_the_password_comes_from(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attached console has another environment, and the file may say something else by now."""
    monkeypatch.setenv("SC_PASSWORD", SECRET)
    async with desk(path) as at:
        contact = replace(at.stage.front.view.contact, password_source="the file /run/pw")
        at.stage.front.publish(contact=contact)
        await at.stage.shows("Password: from the file /run/pw.")


async def test_with_the_address_stands_which_node_is_asked_instead(path: Path) -> None:
    async with desk(path, size=(80, 24)) as at:
        reach = Reach("10.0.0.101:443", "10.0.0.102:443", NOW - 90, "10.0.0.101:443 (no route to host).")
        at.stage.front.publish(contact=replace(at.stage.front.view.contact, reach=reach))
        await at.go("base_url")
        await at.stage.shows("The node at 10.0.0.102:443 is asked instead of 10.0.0.101:443, which was left")
        await at.stage.shows("1:30 min ago. What is wrong there: 10.0.0.101:443 (no route to host).")


async def test_a_locked_setting_says_why_and_is_not_edited(path: Path) -> None:
    async with desk(path, environ={"SC_MODE": "approve", "SC_RAM_LIMIT_PERCENT": "66"}) as at:
        for key, variable in (("mode", "SC_MODE"), ("ram_limit_percent", "SC_RAM_LIMIT_PERCENT")):
            await at.go(key)
            assert "locked" in at.row(key)
            assert f"environment {variable}" in at.row(key)
            assert f"Locked: The environment variable {variable} gives it" in at.told("about")
            await at.press("enter")
            assert f"The environment variable {variable} gives it" in at.said
            assert not at.page.query_one(SettingField).display
        await at.press("ctrl+a")
        assert at.commands == []


async def test_a_value_of_the_console_says_so_and_can_be_saved(path: Path) -> None:
    async with desk(path) as at:
        at.stage.front.submit(ChangeSettings({"ram_limit_percent": "66"}))
        await at.obey()
        assert "console (not saved)" in at.row("ram_limit_percent")
        await at.press("enter", "enter")
        assert "to save" in at.row("ram_limit_percent")
        await at.press("ctrl+s")
        await at.saved()
        await at.obey()
        assert "66 %" in at.row("ram_limit_percent")
        assert "not saved" not in at.row("ram_limit_percent")


# Editing


async def test_a_number_is_typed_in_place(path: Path) -> None:
    async with desk(path) as at:
        await at.go("ram_limit_percent")
        await at.press("enter")
        field = at.page.query_one("#field", Input)
        assert field.has_focus
        assert field.value == "70"
        await at.press("6", "5")
        assert field.value == "65"
        assert "65 %" in at.row("ram_limit_percent")
        await at.press("enter")
        assert at.table.has_focus
        row = at.row("ram_limit_percent")
        assert "65 %  was 70 %" in row
        assert "edited" in row
        assert "1 edited" in at.stage.text
        assert at.commands == []


async def test_what_is_wrong_is_told_as_it_is_typed_and_cannot_be_saved_or_applied(path: Path) -> None:
    async with desk(path) as at:
        await at.go("ram_limit_percent")
        await at.press("enter", *"10")
        assert at.told("reason") == ""
        await at.press("1")
        assert "The value must be a number above 0 and up to 100, in percent." in at.told("reason")
        assert "wrong" in at.row("ram_limit_percent")
        await at.press("enter")
        assert at.page.query_one("#field", Input).has_focus
        for key in ("ctrl+s", "ctrl+a"):
            await at.press(key)
            assert at.question is None
            assert "while balancer.ram_limit_percent is wrong" in at.told("trouble")
            assert "101" in at.row("ram_limit_percent")
        assert at.commands == []
        assert path.read_text() == FILE
        await at.press("enter", *"90", "enter")
        assert at.told("reason") == at.told("trouble") == ""


async def test_a_conflict_is_told_at_the_field_and_at_the_other(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("cpu_lower_threshold_percent", "90")
        assert "wrong" in at.row("cpu_lower_threshold_percent")
        assert "must be below" in at.told("reason")
        await at.go("cpu_upper_threshold_percent")
        assert at.told("reason").startswith("With the other edits: ")
        await at.press("ctrl+a")
        assert at.commands == []
        assert at.table.cursor_key == "cpu_lower_threshold_percent"
        await at.edit("cpu_upper_threshold_percent", "95")
        await at.press("ctrl+a")
        assert at.commands == [
            ChangeSettings({"cpu_upper_threshold_percent": "95", "cpu_lower_threshold_percent": "90"})
        ]


@pytest.mark.parametrize("key", ["enter", "space"])
async def test_switches_and_choices_go_round(path: Path, key: str) -> None:
    async with desk(path) as at:
        await at.go("bell")
        await at.press(key)
        assert "false  was true" in at.row("bell")
        await at.press(key)
        assert "edited" not in at.row("bell")
        await at.go("theme")
        await at.press(key)
        assert "light  was dark" in at.row("theme")
        await at.press(key)
        assert "ansi  was dark" in at.row("theme")


async def test_escape_takes_back_what_was_typed_in_the_field_only(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press("enter", *"12", "escape")
        assert "65 %  was 70 %" in at.row("ram_limit_percent")
        await at.go("username")
        await at.press("enter", "x", "escape")
        assert "edited" not in at.row("username")
        assert at.stage.app.screen is at.page


async def test_nothing_typed_is_lost_by_going_elsewhere(path: Path) -> None:
    async with desk(path) as at:
        await at.go("request_timeout_seconds")
        await at.press("enter", *"9x")
        await at.stage.pilot.click("#settings", offset=(12, 3))
        await at.stage.settle()
        assert at.table.cursor_key == "password_command"
        assert not at.page.query_one(SettingField).display
        row = at.row("request_timeout_seconds")
        assert "9x" in row
        assert "wrong" in row


async def test_revert_takes_back_one_or_after_a_question_all(path: Path) -> None:
    async with desk(path) as at:
        await at.press("ctrl+z")
        assert "nothing to take back" in at.said
        await at.edit("ram_limit_percent", "65")
        await at.edit("username", "me")
        await at.edit("cpu_upper_threshold_percent", "85")
        await at.press("ctrl+z")
        assert "edited" not in at.row("cpu_upper_threshold_percent")
        await at.go("oidc")
        await at.press("ctrl+z")
        question = await at.asked()
        assert "cluster.username and balancer.ram_limit_percent." in at.stage.text
        assert question.query_one("#no", Button).has_focus
        await at.press("enter")
        assert "edited" in at.row("username")
        await at.go("oidc")
        await at.press("ctrl+z")
        await at.answer("yes")
        assert "Nothing edited" in at.stage.text


async def test_revert_in_the_field(path: Path) -> None:
    async with desk(path) as at:
        await at.go("ram_limit_percent")
        await at.press("enter", *"9x", "ctrl+z")
        assert "edited" not in at.row("ram_limit_percent")
        assert at.table.has_focus


async def test_a_key_for_an_action_that_does_not_exist_is_wrong(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("keys", "nonsense=f5")
        assert "The console has no action named nonsense" in at.told("reason")
        await at.press("ctrl+s")
        assert at.question is None
        await at.press("ctrl+z")
        await at.edit("keys", "help=f5")
        await at.press("ctrl+a")
        assert at.commands == [ChangeSettings({"keys": "help=f5"})]


# Saving


async def test_a_save_shows_the_difference_keeps_comments_and_is_applied(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.edit("vm_move_cooldown_minutes", "45")
        await at.press("ctrl+s")
        question = await at.asked()
        text = at.stage.text
        assert "-ram_limit_percent = 70   # as agreed" in text
        assert "+ram_limit_percent = 65   # as agreed" in text
        assert "+vm_move_cooldown_minutes = 45" in text
        assert question.query_one("#no", Button).has_focus
        await at.press("enter")
        assert path.read_text() == FILE
        assert at.commands == []
        assert "2 edited" in at.stage.text
        await at.press("ctrl+s")
        await at.saved()
        after = FILE.replace("ram_limit_percent = 70 ", "ram_limit_percent = 65 ")
        assert path.read_text() == f"{after}vm_move_cooldown_minutes = 45\n"
        assert reloads(at) == [("ram_limit_percent", "vm_move_cooldown_minutes")]
        assert "saved" in at.row("ram_limit_percent")
        assert "Saved. They hold from the next cycle on." in at.said
        await at.obey()
        row = at.row("ram_limit_percent")
        assert "65 %" in row
        assert "saved" not in row
        assert "Nothing edited" in at.stage.text
        assert at.stage.front.view.policy.ram_limit_percent == 65


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 50)])
async def test_what_changes_in_the_file_is_in_sight_at_once(path: Path, size: tuple[int, int]) -> None:
    async with desk(path, None, size, settings=load(None, {}, {})) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press("ctrl+s")
        question = await at.asked()
        await at.stage.shows("1 line of the file changes:", "-#ram_limit_percent = 70", "Save")
        assert "+ram_limit_percent = 65" in at.stage.text
        assert "Do not save" in at.stage.text
        assert question.query_one("#no", Button).has_focus


async def test_the_keys_of_the_page_work_in_the_field_with_what_stands_there(path: Path) -> None:
    async with desk(path) as at:
        await at.go("ram_limit_percent")
        await at.press("enter")
        at.page.query_one("#field", Input).value = "64"
        at.page.action_save()  # before the field has told anybody of its new text
        await at.asked()
        assert "+ram_limit_percent = 64" in at.stage.text
        await at.press("escape", "enter", *"63", "ctrl+a")
        assert at.commands == [ChangeSettings({"ram_limit_percent": "63"})]


def reloads(at: Desk) -> list[tuple[str, ...]]:
    """Which settings were to be forgotten by each command; each must carry the policy that was agreed to."""
    assert all(isinstance(each, ReloadSettings) and each.expected for each in at.commands)
    return [each.forget for each in at.commands if isinstance(each, ReloadSettings)]


async def test_the_first_file_is_made(path: Path) -> None:
    async with desk(path, None, settings=load(None, {"XDG_CONFIG_HOME": "/nowhere"}, {})) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press("ctrl+s")
        question = await at.asked()
        assert "There is no such file yet" in str(question.query_one("#text", Static).content)
        await at.saved()
        assert load(path, {}, {}).policy().ram_limit_percent == 65


async def test_a_file_that_changed_meanwhile_is_left_alone_and_can_be_looked_at_again(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press("ctrl+s")
        await at.asked()
        theirs = FILE.replace("# as agreed", "# as agreed, by us both")
        path.write_text(theirs)
        await at.answer("yes")
        await at.stage.until(lambda: "by somebody else" in " ".join(at.stage.text.replace("│", "").split()))
        assert path.read_text() == theirs
        assert at.commands == []
        assert at.question is not None
        assert at.question.query_one("#no", Button).has_focus
        await at.answer("yes")
        await at.stage.until(lambda: "by us both" in at.stage.text)
        await at.saved()
        assert path.read_text() == theirs.replace("= 70", "= 65")
        assert reloads(at) == [("ram_limit_percent",)]


async def test_a_save_that_fails_says_why_and_loses_nothing(path: Path) -> None:
    blocked = path.parent / "a-file" / "config.toml"
    async with desk(path, None, settings=load(None, {}, {})) as at:
        front = at.stage.front
        front.publish(settings=replace(front.view.settings, file=blocked))
        await at.stage.until(lambda: at.stage.app.picture.view is front.view)
        await at.edit("ram_limit_percent", "65")
        await at.press("ctrl+s")
        await at.asked()
        blocked.parent.write_text("in the way")
        await at.answer("yes")
        await at.asked()
        await at.press("escape")
        assert str(blocked.parent) in at.told("trouble")
        assert at.commands == []
        assert "edited" in at.row("ram_limit_percent")


async def test_a_file_that_is_wrong_by_now_is_told_on_the_page(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        path.write_text("[balancer\n")
        await at.press("ctrl+s")
        await at.stage.until(lambda: at.told("trouble") != "")
        assert str(path) in at.told("trouble")
        assert at.question is None
        assert "edited" in at.row("ram_limit_percent")
        path.write_text(FILE)
        await at.press("ctrl+s")
        await at.asked()
        assert at.told("trouble") == ""


async def test_nothing_to_save_or_apply_is_said(path: Path) -> None:
    async with desk(path) as at:
        await at.press("ctrl+s", "ctrl+a")
        assert "nothing to save" in at.said
        assert "nothing to apply" in at.said
        assert at.commands == []


async def test_settings_of_the_cluster_wait_for_the_next_start(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("username", "me")
        assert "Takes effect at the next start only." in at.told("about")
        await at.press("ctrl+a")
        assert at.commands == []
        assert "cluster.username takes effect at the next start only" in at.said
        await at.press("ctrl+s")
        await at.saved()
        assert "takes effect at the next start only" in at.said.split("Saved")[1]
        assert load(path, {}, {}).cluster.username == "me"


# Applying


async def test_apply_holds_now_and_is_not_saved(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.edit("username", "me")
        await at.press("ctrl+a")
        assert at.commands == [ChangeSettings({"ram_limit_percent": "65"})]
        assert path.read_text() == FILE
        await at.obey()
        row = at.row("ram_limit_percent")
        assert "to save" in row
        assert "console (not saved)" in row
        assert "1 edited, 1 to save" in at.stage.text
        await at.press("ctrl+z")
        await at.go("username")
        await at.press("ctrl+z")
        await at.press("escape")
        assert at.stage.app.screen is not at.page


async def test_settings_of_the_console_apply_at_once(path: Path) -> None:
    async with desk(path) as at:
        await at.go("theme")
        await at.press("enter")
        await at.go("glyphs")
        await at.press("enter", "ctrl+a")
        await at.obey()
        assert at.stage.app.theme == "hctui-light"
        assert at.table.glyphs is at.stage.app.glyphs
        assert at.table.glyphs.ellipsis == "~"


# What begins a live run


async def test_going_live_by_apply_asks_first(path: Path) -> None:
    async with desk(path) as at:
        await at.go("dry_run")
        await at.press("enter", "ctrl+a")
        question = await at.asked()
        assert "Going live on branch-7" in at.stage.text
        assert "each move that you approve" in at.stage.text
        assert question.query_one("#no", Button).has_focus
        await at.press("enter")
        assert at.commands == []
        await at.press("ctrl+a", "escape")
        assert at.commands == []
        await at.press("ctrl+a")
        await at.answer("yes")
        assert at.commands == [ChangeSettings({"dry_run": "false"})]


async def test_going_live_by_save_asks_before_anything_is_written(path: Path) -> None:
    async with desk(path) as at:
        await at.go("dry_run")
        await at.press("enter", "ctrl+s")
        await at.asked()
        assert "From the next start on hctui is LIVE at once, without asking." in " ".join(
            line.strip(" │") for line in at.stage.text.splitlines()
        )
        await at.answer("yes")
        await at.stage.until(lambda: "Going live on branch-7" in at.stage.text)
        question = await at.asked()
        assert question.query_one("#no", Button).has_focus
        await at.press("enter")
        assert path.read_text() == FILE
        assert at.commands == []
        await at.press("ctrl+s")
        await at.answer("yes")
        await at.stage.until(lambda: "Going live on branch-7" in at.stage.text)
        await at.saved()
        assert "dry_run = false  # until Monday" in path.read_text()
        assert reloads(at) == [("dry_run",)]


async def test_live_and_auto_at_once_asks_with_both_in_mind(path: Path) -> None:
    async with desk(path) as at:
        await at.go("dry_run")
        await at.press("enter")
        await at.go("mode")
        await at.press("enter", "ctrl+a")
        await at.asked()
        assert "hctui moves VMs by itself" in at.stage.text
        await at.answer("yes")
        assert at.commands == [ChangeSettings({"dry_run": "false", "mode": "auto"})]


@pytest.mark.parametrize("key", ["ctrl+a", "ctrl+s"])
async def test_auto_while_live_asks(path: Path, key: str) -> None:
    async with desk(path, LIVE) as at:
        await at.go("mode")
        await at.press("enter", key)
        if key == "ctrl+s":
            await at.answer("yes")
        await at.stage.until(lambda: "Mode auto, live" in at.stage.text)
        question = await at.asked()
        assert question.query_one("#no", Button).has_focus
        await at.press("enter")
        assert at.commands == []
        assert path.read_text() == LIVE


async def test_what_somebody_else_wrote_to_the_file_does_not_go_live_unasked(path: Path) -> None:
    async with desk(path) as at:
        path.write_text(LIVE)
        await at.edit("ram_limit_percent", "65")
        await at.press("ctrl+s")
        await at.asked()
        assert "balancer.dry_run will hold as it says there" in at.stage.text
        await at.answer("yes")
        await at.stage.until(lambda: "Going live on branch-7" in at.stage.text)
        await at.press("enter")
        assert at.commands == []
        assert path.read_text() == LIVE


async def test_a_dry_run_held_by_the_console_does_not_end_unasked(path: Path) -> None:
    async with desk(path, LIVE) as at:
        at.stage.front.submit(ChangeSettings({"dry_run": "true"}))
        await at.obey()
        await at.go("dry_run")
        await at.press("enter", "ctrl+s")
        await at.answer("yes")
        await at.stage.until(lambda: "Going live on branch-7" in at.stage.text)
        await at.press("enter")
        assert len(at.commands) == 1


async def test_back_to_a_dry_run_is_not_asked_about(path: Path) -> None:
    async with desk(path, LIVE) as at:
        await at.go("dry_run")
        await at.press("enter", "ctrl+a")
        assert at.commands == [ChangeSettings({"dry_run": "true"})]


# Leaving


@pytest.mark.parametrize("key", ["escape", "c"])
async def test_leaving_with_edits_asks(path: Path, key: str) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press(key)
        question = await at.asked()
        assert "1 edit neither saved nor applied: balancer.ram_limit_percent." in at.stage.text
        assert question.query_one("#no", Button).has_focus
        await at.press("enter")
        assert at.stage.app.screen is at.page
        assert "65 %" in at.row("ram_limit_percent")
        await at.press(key)
        await at.answer("yes")
        assert at.stage.app.screen is not at.page
        assert at.commands == []


async def test_quitting_with_edits_asks(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press("q")
        await at.asked()
        assert "neither saved nor applied" in at.stage.text
        await at.press("enter")
        assert at.stage.app.is_running
        await at.press("ctrl+z", "q")
        assert at.stage.app.return_value is not None


async def test_what_was_saved_is_not_asked_about(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press("ctrl+s")
        await at.saved()
        await at.press("escape")
        assert at.stage.app.screen is not at.page


# Secrets


async def test_a_secret_is_replaced_without_being_shown(path: Path) -> None:
    new = "staple"

    async with desk(path) as at:

        def clean() -> None:
            picture = at.stage.app.export_screenshot()
            assert SECRET not in picture
            assert new not in picture
            assert new not in at.said

        await at.go("password_command")
        assert "***" in at.row("password_command")
        clean()
        await at.press("enter")
        assert at.page.query_one("#field", Input).value == ""
        clean()
        await at.press(*"pass ", *new)
        clean()
        await at.press("enter")
        assert "***  was ***" in at.row("password_command")
        assert "edited" in at.row("password_command")
        clean()
        await at.press("ctrl+s")
        await at.asked()
        assert "*** (new)" in at.stage.text
        clean()
        await at.saved()
        await at.obey()
        clean()
        assert load(path, {}, {}).cluster.password_command == ("pass", new)
        assert new not in repr(at.page._edits)


async def test_a_secret_that_is_not_typed_stays_and_a_space_removes_it(path: Path) -> None:
    async with desk(path) as at:
        await at.go("password_command")
        await at.press("enter", "enter")
        assert "edited" not in at.row("password_command")
        await at.press("enter", *"one", "enter", "enter", "x", "backspace", "enter")
        assert at.page._edits.typed["password_command"] == "one"
        await at.press("enter", "quotation_mark")
        assert "balanced quotes" in at.told("reason")
        await at.press("escape", "enter", "space", "enter")
        assert "not set  was ***" in at.row("password_command")


# Names that try to break it


async def test_odd_values_are_shown_whole_and_literal(path: Path) -> None:
    async with desk(path, size=(80, 24)) as at:
        for name in ("db [/] x", "[red]x[/red]", "数据库", "n" * 200, "a'b\\\\c"):
            await at.edit("username", name)
            assert name in at.told("about")
            assert f" {name[:8]}" in at.stage.text.split("cluster.username")[0]
            await at.press("ctrl+s")
            await at.saved()
            await at.obey()
            assert load(path, {}, {}).cluster.username == name
            assert name in at.row("username")
            at.stage.app.clear_notifications()  # they cover the list


# The filter, and copying


async def test_the_filter_narrows_the_list_and_escape_ends_it(path: Path) -> None:
    async with desk(path) as at:
        await at.go("bell")
        await at.press("enter", "slash", *"edited", "enter")
        assert at.table.has_focus
        assert at.table.keys_in_sight == ("bell",)
        await at.press("slash")
        await at.press("end", "x")
        assert "no setting matches" in at.stage.text
        assert at.told("about") == ""
        await at.press("escape")
        assert len(at.table.keys_in_sight) > 1
        assert at.table.cursor_key == "bell"
        await at.press("home")
        assert at.table.keys_in_sight[0] == SETTINGS[0].key
        assert at.stage.app.screen is at.page


async def test_a_row_stays_while_it_is_edited_though_the_filter_lets_it_go(path: Path) -> None:
    async with desk(path) as at:
        await at.edit("ram_limit_percent", "65")
        await at.press("slash", *"edited", "enter", "enter", *"70")
        assert at.table.cursor_key == "ram_limit_percent"
        assert at.page.query_one("#field", Input).has_focus
        await at.press("enter")
        assert at.table.cursor_key is None


async def test_a_row_is_copied(path: Path) -> None:
    async with desk(path) as at:
        await at.go("ram_limit_percent")
        await at.press("y")
        copied = (path.parent / "out" / "copied.txt").read_text()
        assert copied.startswith("balancer  ram_limit_percent  70 %")
        await at.go("password_command")
        await at.press("y")
        assert SECRET not in (path.parent / "out" / "copied.txt").read_text()
        assert BY_KEY["password_command"].secret
