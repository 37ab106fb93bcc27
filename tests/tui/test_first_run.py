"""The first run, driven by keys and mouse on a made-up cluster: every way through it, and what it never shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from hctui.config import find_password, load
from hctui.core.secret import Secret
from hctui.engine.probes import Access, BySystem, Pinned, Voucher
from hctui.tui.first_run import Configured, Demo, Suggestions
from hctui.tui.first_run.step import PasswordInput, Step
from tests.tui.person import MARK, NOW, PIN, SEEN, FakeProbes, Person, Trouble, person


def text_of(path: Path) -> str:
    return path.read_text()


def is_there(path: Path) -> bool:
    return path.exists()


def put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hctui" / "config.toml"


async def test_the_whole_way_by_keys(path: Path) -> None:
    probes = FakeProbes()
    async with person(path, probes) as one:
        assert one.says("No cluster is set up yet in")
        await one.pilot.press("enter")
        await one.at("address")
        assert one.says("step 1 of 6")
        await one.types("10.0.0.101", "enter")
        await one.at("certificate")
        assert one.says("3A:7F:10:C4:9B:22:81:0E")
        assert one.says("issued to CN=branch [/] 7 signed by itself")
        columns = {row.query(".said").first().region.x for row in one.step.query("#seen Horizontal")}
        assert len(columns) == 1, "what is to be compared stands in one column"
        assert one.says("compare the SHA-256 fingerprint")
        await one.pilot.press("tab", "enter")
        await one.at("login")
        assert probes.logins == []
        await one.types("balancer", "enter")
        await one.types(MARK, "enter")
        await one.at("test")
        assert probes.logins == [Access("https://10.0.0.101", Pinned(PIN), "balancer", Secret(MARK))]
        assert one.says("branch [/] 7, HyperCore 9.4.30.217736")
        assert one.says("4 nodes, 38 VMs")
        assert one.says("migrations allowed")
        assert one.says("took 38 ms")
        await one.pilot.press("enter")
        await one.at("password next time")
        await one.pilot.press("shift+tab", "enter")
        await one.at("summary")
        assert one.says('base_url = "https://10.0.0.101"')
        assert one.says("The dry run is on")
        assert not is_there(path)
        await one.pilot.press("enter")
        await one.at("done")
        assert one.says(f"{path} is written.")
        await one.pilot.press("enter")
    assert one.app.return_value == Configured(path, Secret(MARK))
    cluster = load(path, {}, {}).cluster
    assert (cluster.url, cluster.username, cluster.pins) == ("https://10.0.0.101", "balancer", (PIN,))
    assert MARK not in text_of(path)
    for value in (one.app.return_value, one.app, probes.logins):
        assert MARK not in repr(value)


async def test_back_through_every_step_finds_what_was_typed(path: Path) -> None:
    async with person(path) as one:
        await one.reaches_place()
        for heading in ("test", "login", "certificate", "address", "welcome"):
            await one.pilot.press("escape")
            await one.at(heading)
            if heading == "login":
                assert one.step.query_one("#username", Input).value == "balancer"
            if heading == "address":
                assert one.step.query_one("#address", Input).value == "10.0.0.101"
        await one.pilot.press("escape")
        await one.at("welcome")
    assert not is_there(path.parent)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("http://x", "The address must be https"),
        ("a b", "The address must be host, host:port"),
        ("admin@h", "The address must not contain a user name or password"),
        ("", "Type the address of any node"),
    ],
)
async def test_a_wrong_address_is_told_at_the_field_and_asked_of_nobody(
    path: Path, typed: str, told: str
) -> None:
    probes = FakeProbes()
    async with person(path, probes, begin="address") as one:
        await one.types(typed)
        await one.pilot.pause()
        assert one.says(told) == bool(typed)
        await one.pilot.press("enter")
        await one.at("address")
        assert one.says(told)
        assert one.step.query_one("#address").has_class("wrong")
        await one.pilot.press("ctrl+a", "ctrl+k")
        await one.pastes("10.0.0.101")
        await one.pilot.pause()
        assert one.says("hctui will speak to https://10.0.0.101.")
        assert not one.step.query_one("#address").has_class("wrong")
    assert probes.asked == []


async def test_a_fingerprint_that_is_refused_leads_back_and_nobody_is_asked_to_log_in(path: Path) -> None:
    probes = FakeProbes()
    async with person(path, probes, begin="address") as one:
        await one.pastes("10.0.0.101", "enter")
        await one.at("certificate")
        assert one.app.focused is one.step.query_one("#back")
        await one.pilot.press("enter")
        await one.at("address")
    assert probes.logins == []
    assert not is_there(path.parent)


async def test_a_certificate_that_is_vouched_for_needs_no_pin(path: Path) -> None:
    probes = FakeProbes(replace(SEEN, voucher=Voucher.SYSTEM, self_signed=False, issuer="CN=An authority"))
    async with person(path, probes, begin="certificate") as one:
        assert one.says("signed by CN=An authority")
        assert one.says("nothing to compare and nothing to pin")
        await one.pilot.press("enter")
        await one.at("login")
        await one.logs_in()
        await one.at("test")
    assert probes.logins[0].trust == BySystem()


@pytest.mark.parametrize(("begin", "end", "word"), [(-2e6, -1e6, "EXPIRED"), (1e6, 2e6, "NOT YET VALID")])
async def test_a_certificate_out_of_its_time_says_so(path: Path, begin: float, end: float, word: str) -> None:
    seen = replace(SEEN, valid_from=NOW + begin, valid_until=NOW + end)
    async with person(path, FakeProbes(seen), begin="certificate") as one:
        assert one.says(word)


async def test_nobody_there_can_be_tried_again(path: Path) -> None:
    probes = FakeProbes(failure=Trouble("10.0.0.101 port 443: no connection.", hint="Look at the cable."))
    async with person(path, probes, begin="certificate") as one:
        assert one.says(
            "The cluster cannot be reached: 10.0.0.101 port 443: no connection. Look at the cable."
        )
        assert not one.step.query_one("#go_on").display
        probes.failure = None
        await one.clicks("again")
        await one.at("certificate")
        assert one.says("3A:7F:10:C4:9B:22:81:0E")
        assert not one.says("no connection")
    assert len(probes.asked) == 2


async def test_what_nobody_foresaw_is_told_by_its_kind_only(path: Path) -> None:
    async with person(path, FakeProbes(failure=ZeroDivisionError(MARK)), begin="certificate") as one:
        assert one.says("Something went wrong that hctui does not understand. ZeroDivisionError")


async def test_a_login_that_is_refused_says_why_and_can_be_corrected(path: Path) -> None:
    probes = FakeProbes()
    async with person(path, probes, begin="login") as one:
        await one.logs_in("wrong")
        await one.at("test")
        assert one.says("user 'balancer' got HTTP 401. Check user name and password.")
        assert not one.step.query_one("#go_on").display
        await one.pilot.press("enter")
        await one.at("login")
        await one.pilot.press("ctrl+a", "ctrl+k")
        await one.pastes(MARK, "enter")
        await one.at("test")
        assert one.says("The login works.")
    assert [login.password.reveal() for login in probes.logins] == ["wrong", MARK]


async def test_user_and_password_are_both_needed(path: Path) -> None:
    probes = FakeProbes()
    async with person(path, probes, begin="login") as one:
        await one.clicks("go_on")
        await one.at("login")
        assert one.says("Type the name of the cluster user.")
        await one.pastes("balancer", "enter", "enter")
        await one.until(lambda: one.says("Type the password."))
        assert one.says("Type the password.")
        assert one.app.focused is one.step.query_one("#password")
    assert probes.logins == []


@pytest.mark.parametrize("leave", ["escape", "enter"])
async def test_a_question_that_takes_long_can_be_cancelled(path: Path, leave: str) -> None:
    probes = FakeProbes()
    async with person(path, probes, begin="address") as one:
        probes.hold.clear()
        await one.pastes("10.0.0.101", "enter")
        await one.until(lambda: bool(probes.asked) and one.step.is_asking)
        assert one.says("Asking https://10.0.0.101 for its certificate.")
        assert str(one.step.query_one("#back", Button).label) == "Cancel"
        await one.pilot.press(leave)
        await one.at("address")
        await one.until(lambda: probes.cancelled == 1)


async def test_quitting_while_a_login_is_tried_writes_nothing(path: Path) -> None:
    probes = FakeProbes()
    async with person(path, probes, begin="login") as one:
        probes.hold.clear()
        await one.logs_in()
        await one.until(lambda: bool(probes.logins))
        await one.pilot.press("ctrl+q")
    assert one.app.return_value is None
    assert probes.cancelled == 1
    assert not is_there(path.parent)


@pytest.mark.parametrize(("key", "result"), [("d", Demo()), ("q", None), ("ctrl+q", None)])
async def test_the_welcome_offers_the_demo_and_the_way_out(path: Path, key: str, result: Demo | None) -> None:
    async with person(path) as one:
        await one.pilot.press(key)
    assert one.app.return_value == result
    assert not is_there(path.parent)


async def test_the_demo_by_mouse(path: Path) -> None:
    async with person(path) as one:
        await one.clicks("demo")
        await one.pilot.pause()
    assert one.app.return_value == Demo()


async def test_leaving_at_the_summary_writes_nothing(path: Path) -> None:
    async with person(path, begin="password next time") as one:
        await one.chooses("file")
        await one.clicks("go_on")
        await one.at("summary")
        assert one.says("which only you can read")
        await one.pilot.press("ctrl+q")
    assert one.app.return_value is None
    assert not is_there(path.parent)


async def through_the_summary(one: Person) -> None:
    await one.clicks("go_on")
    await one.at("summary")
    await one.clicks("go_on")
    await one.at("done")
    await one.pilot.press("enter")


async def choose_file(one: Person) -> None:
    await one.chooses("file")


async def choose_command(one: Person) -> None:
    await one.chooses("command")
    one.step.query_one("#command", Input).value = f"echo {MARK}"
    await one.pilot.pause()
    one.pictures.clear()  # the command is typed by a person who sees it; it is masked from here on


@pytest.mark.parametrize("choose", [choose_file, choose_command])
async def test_the_next_start_finds_the_password(
    path: Path, choose: Callable[[Person], Awaitable[None]]
) -> None:
    probes = FakeProbes()
    async with person(path, probes, begin="password next time") as one:
        await choose(one)
        await through_the_summary(one)
    assert find_password(load(path, {}, {}), {"PATH": "/usr/bin:/bin"}, None) == Secret(MARK)
    assert probes.logins == [], "what is the same password needs no second login"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("", "Type the command."),
        ("echo 'x", "It must be a command with balanced quotes."),
        ("/nowhere/pass", "cannot be run: No such file or directory"),
        ("false", "failed with exit code 1"),
        ("echo other", "It gives another password than yours, and that one does not work"),
    ],
)
async def test_a_command_that_does_not_do_is_told_at_its_field(path: Path, command: str, told: str) -> None:
    async with person(path, begin="password next time") as one:
        await one.chooses("command")
        one.step.query_one("#command", Input).value = command
        await one.clicks("go_on")
        await one.at("password next time")
        assert one.says(told)
        assert one.app.focused is one.step.query_one("#command")


async def test_a_command_may_give_another_password_that_works(path: Path) -> None:
    probes = FakeProbes(passwords=(MARK, "other"))
    async with person(path, probes, begin="password next time") as one:
        await one.chooses("command")
        one.step.query_one("#command", Input).value = "echo other"
        await through_the_summary(one)
    assert [login.password.reveal() for login in probes.logins] == ["other"]


async def test_a_command_that_hangs_is_given_up(path: Path) -> None:
    async with person(path, begin="password next time") as one:
        await one.chooses("command")
        one.step.query_one("#command", Input).value = "sleep 20"
        await one.clicks("go_on")
        await one.until(lambda: one.says("Running the command. Esc gives it up."))
        await one.pilot.press("escape")
        await one.at("password next time")
        assert one.says("Given up.")
        assert not one.step.query_one("#go_on").disabled


async def test_a_file_that_is_there_is_tried_and_never_overwritten(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "password"
    put(file, f"{MARK}\n")
    async with person(path, begin="password next time") as one:
        await one.chooses("file")
        one.step.query_one("#file", Input).value = str(file)
        await one.clicks("go_on")
        await one.at("password next time")
        assert one.says("may be read or changed by other users")
        file.chmod(0o600)
        await through_the_summary(one)
    assert text_of(file) == f"{MARK}\n"
    assert load(path, {}, {}).cluster.password_file == file


async def test_a_file_that_nobody_writes_is_no_place(path: Path) -> None:
    async with person(path, begin="password next time") as one:
        await one.chooses("file")
        await one.clicks("write")
        await one.clicks("go_on")
        await one.at("password next time")
        assert one.says("There is no such file yet.")


async def test_the_environment_is_explained_and_what_overrides_is_said(path: Path) -> None:
    async with person(path, environ={"SC_PASSWORD": "x"}, begin="password next time") as one:
        await one.chooses("environment")
        assert one.says("read -rs SC_PASSWORD && export SC_PASSWORD")
        assert one.says("SC_PASSWORD is set here and comes before every other place")
        assert not one.step.query("#from_keyring")
        await through_the_summary(one)
    assert one.app.return_value == Configured(path, Secret(MARK))


async def test_a_file_that_appears_meanwhile_is_looked_at_again(path: Path) -> None:
    async with person(path, begin="password next time") as one:
        await one.clicks("go_on")
        await one.at("summary")
        put(path, "# somebody else's\n")
        await one.clicks("go_on")
        await one.at("summary")
        assert one.says("has been changed by somebody else")
        assert str(one.step.query_one("#go_on", Button).label) == "Look again"
        await one.clicks("go_on")
        await one.at("summary")
        await one.clicks("go_on")
        await one.at("done")
    assert text_of(path).startswith("# somebody else's\n")


async def test_what_flags_and_environment_say_is_there_already(path: Path) -> None:
    suggested = Suggestions(
        "https://10.0.0.7", "The variable SC_HOST gives it.", "admin", "", oidc=True, is_live=True
    )
    probes = FakeProbes()
    async with person(path, probes, suggested, begin="address") as one:
        assert one.says("The variable SC_HOST gives it.")
        await one.pilot.press("enter")
        await one.at("certificate")
        await one.clicks("go_on")
        await one.at("login")
        assert one.app.focused is one.step.query_one("#password")
        await one.pastes(MARK, "enter")
        await one.at("test")
        await one.pilot.press("enter")
        await one.at("password next time")
        await one.clicks("go_on")
        await one.at("summary")
        assert one.says("This start is LIVE, because a flag says so")
    assert probes.asked == ["https://10.0.0.7"]
    assert (probes.logins[0].username, probes.logins[0].oidc) == ("admin", True)


async def test_a_key_pressed_twice_opens_one_step(path: Path) -> None:
    async with person(path) as one:
        step = one.step
        step.post_message(Step.Done(step, step.draft))
        step.post_message(Step.Done(step, step.draft))
        await one.at("address")
        assert len(one.app.screen_stack) == 2


async def test_the_password_goes_to_no_clipboard(path: Path) -> None:
    async with person(path, begin="login") as one:
        one.app.copy_to_clipboard("nothing")
        field = one.step.query_one("#password", PasswordInput)
        field.focus()
        await one.pastes(MARK, "shift+home", "ctrl+c")
        assert (one.app.clipboard, field.value) == ("nothing", MARK)
        await one.pilot.press("ctrl+x")
        assert (one.app.clipboard, field.value) == ("nothing", "")


@pytest.mark.parametrize("size", [(60, 15), (200, 60)])
async def test_every_button_can_be_reached_at_every_size(path: Path, size: tuple[int, int]) -> None:
    async with person(path, size=size) as one:
        await one.reaches_place()
        await one.chooses("file")
        await through_the_summary(one)
    assert one.app.return_value == Configured(path, Secret(MARK))


async def test_a_choice_is_marked_by_a_sign_and_not_by_colour(path: Path) -> None:
    async with person(path, begin="password next time") as one:
        assert one.says("(x) ask me at each start ( ) a command, such as")
        await one.chooses("command")
        assert one.says("( ) ask me at each start (x) a command, such as")


@pytest.mark.parametrize("size", [(80, 14), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("begin", ["address", "certificate", "password next time"])
async def test_the_buttons_stand_below_the_text_and_in_sight(
    path: Path, begin: str, size: tuple[int, int]
) -> None:
    async with person(path, begin=begin, size=size) as one:
        body, buttons = one.step.query_one("#body"), one.step.query_one("#buttons").region
        assert buttons.y == body.region.bottom
        assert buttons.bottom < size[1]
        needed = body.virtual_size.height + body.gutter.height
        assert body.region.height <= max(12, needed), "no more than the text needs, or a few rows"


async def test_a_remark_does_not_move_the_buttons(path: Path) -> None:
    async with person(path, begin="address") as one:
        before = one.step.query_one("#buttons").region
        await one.pastes("10.0.0.101")
        await one.until(lambda: one.says("hctui will speak to"))
        assert one.step.query_one("#buttons").region == before


async def test_ctrl_c_says_what_quits(path: Path) -> None:
    async with person(path) as one:
        await one.pilot.press("ctrl+c")
        [note] = one.app._notifications
        assert note.message == "Ctrl-C does not quit. ^q does."
        assert one.app.is_running


async def test_the_keys_that_work_stand_at_the_bottom(path: Path) -> None:
    async with person(path) as one:
        assert one.text.splitlines()[-1].split("  ")[:4] == [
            " tab next field",
            "s set up",
            "d demo",
            "^q quit",
        ]
        await one.pilot.press("s")
        await one.at("address")
        await one.until(lambda: one.text.splitlines()[-1].rstrip() == " tab next field  esc back  ^q quit")
