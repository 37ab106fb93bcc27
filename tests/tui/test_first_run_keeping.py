"""What the first run writes, where, and in which order; and what its values never show."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import keyring.backend
import pytest

from hctui.config import CredentialsError, SettingsError, find_password, load
from hctui.config.errors import NotWritten
from hctui.core.errors import HctuiError
from hctui.core.secret import Secret
from hctui.engine.probes import ByCaFile, BySystem, CertificateSeen, Greeting, Pinned, Voucher
from hctui.tui.first_run import Configured, Suggestions, suggestions_of
from hctui.tui.first_run.draft import Draft, Keeping, Place, trust_of
from hctui.tui.first_run.keeping import apart, kept_password, lines_of, planned, write
from hctui.tui.first_run.words import greeting_rows, password_path

MARK = "s3cret-marker-7c1"
PIN = "3a7f10c49b22810e" * 4
DRAFT = Draft(
    address="https://10.0.0.101",
    trust=Pinned(PIN),
    username="balancer",
    password=Secret(MARK),
)
ENVIRON = {"PATH": os.environ["PATH"]}


class Memory(keyring.backend.KeyringBackend):
    """A keyring of one test."""

    priority = 1.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, memory = keyring.get_keyring(), Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "config.toml"


def kept_in(place: Place, text: str = "", *, written: bool = False) -> Draft:
    return replace(DRAFT, keeping=Keeping(place, text, written))


def carry_out(draft: Draft, path: Path) -> None:
    write(draft, planned(draft, path), ENVIRON)


def test_the_file_holds_what_was_answered_and_no_password(path: Path) -> None:
    carry_out(replace(DRAFT, oidc=True), path)
    settings = load(path, {}, {})
    cluster = settings.cluster
    assert (cluster.url, cluster.username, cluster.pins) == ("https://10.0.0.101", "balancer", (PIN,))
    assert (cluster.oidc, cluster.verify_ssl) == (True, True)
    assert settings.policy().dry_run
    assert MARK not in path.read_text()
    assert "# Whether moves are only imagined" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("trust", "ca_file"), [(BySystem(), None), (ByCaFile(Path("/etc/ca.pem")), Path("/etc/ca.pem"))]
)
def test_without_a_pin_none_is_written(path: Path, trust: BySystem | ByCaFile, ca_file: Path | None) -> None:
    carry_out(replace(DRAFT, trust=trust), path)
    cluster = load(path, {}, {}).cluster
    assert (cluster.pins, cluster.ca_file) == ((), ca_file)


def test_the_lines_that_are_shown_are_those_that_are_written(path: Path) -> None:
    shown = lines_of(planned(kept_in(Place.FILE, "/etc/pass"), path))
    assert set(shown) == {
        'base_url = "https://10.0.0.101"',
        'username = "balancer"',
        f'pinned_fingerprints = ["{PIN}"]',
        'password_file = "/etc/pass"',
    }


def test_a_command_is_written_but_not_shown(path: Path) -> None:
    draft = kept_in(Place.COMMAND, f"echo {MARK}")
    assert MARK not in "".join(lines_of(planned(draft, path)))
    assert MARK not in repr(draft)
    carry_out(draft, path)
    assert find_password(load(path, {}, {}), ENVIRON, None) == Secret(MARK)


def test_a_password_file_is_made_for_nobody_else_and_found_at_the_next_start(
    path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "secrets" / "hypercore"
    carry_out(kept_in(Place.FILE, str(file), written=True), path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert find_password(load(path, {}, {}), {}, None) == Secret(MARK)


@pytest.mark.parametrize("content", ["another\n", ""])
def test_a_password_file_that_appeared_meanwhile_is_left_alone(
    path: Path, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "hypercore"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(CredentialsError):
        carry_out(kept_in(Place.FILE, str(file), written=True), path)
    assert file.read_text() == content
    assert not path.exists()


def test_a_dangling_link_is_not_written_through(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CredentialsError, match="exists already"):
        carry_out(kept_in(Place.FILE, str(link), written=True), path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_password_file_that_cannot_be_written_leaves_no_settings(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HctuiError) as caught:
        carry_out(kept_in(Place.FILE, str(tmp_path / "file" / "password"), written=True), path)
    assert MARK not in str(caught.value)
    assert not path.exists()


def test_a_settings_file_that_could_not_be_written_can_be_tried_again(path: Path, tmp_path: Path) -> None:
    draft = kept_in(Place.FILE, str(tmp_path / "password"), written=True)
    plan = planned(draft, path)
    path.parent.mkdir()
    path.write_text("")
    with pytest.raises(NotWritten):
        write(draft, plan, ENVIRON)
    write(draft, planned(draft, path), ENVIRON)
    assert find_password(load(path, {}, {}), {}, None) == Secret(MARK)


def test_the_keyring_keeps_it_for_the_next_start(path: Path, memory: Memory) -> None:
    carry_out(kept_in(Place.KEYRING), path)
    assert list(memory.kept) == [("hctui", "balancer@10.0.0.101")]
    assert find_password(load(path, {}, {}), {}, None) == Secret(MARK)


def test_a_keyring_that_forgets_is_noticed_before_anything_is_written(
    path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "set_password", lambda *given: None)
    with pytest.raises(CredentialsError, match="holds none"):
        carry_out(kept_in(Place.KEYRING), path)
    monkeypatch.setattr(memory, "get_password", lambda *asked: "another")
    with pytest.raises(CredentialsError, match="not what was read back"):
        carry_out(kept_in(Place.KEYRING), path)
    assert not path.exists()


def test_a_file_that_is_there_keeps_its_comments_and_loses_old_answers(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(
        "# ours\n[cluster]\nbase_url = 'https://old'  # the old one\npassword_command = ['pass', 'old']\n"
        f"pinned_fingerprints = ['{'ab' * 32}']\noidc = true\n[balancer]\nram_limit_percent = 65\n"
    )
    carry_out(replace(kept_in(Place.FILE, "/etc/pass"), trust=BySystem()), path)
    settings = load(path, {}, {})
    cluster = settings.cluster
    assert (cluster.url, cluster.pins, cluster.oidc) == ("https://10.0.0.101", (), False)
    assert (cluster.password_command, cluster.password_file) == ((), Path("/etc/pass"))
    assert settings.policy().ram_limit_percent == 65
    assert "# ours" in path.read_text()
    assert "# the old one" in path.read_text()


def test_a_file_that_is_wrong_is_not_touched(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("[cluster")
    with pytest.raises(SettingsError):
        planned(DRAFT, path)


def test_a_password_in_the_environment_does_not_hide_what_the_place_gives(path: Path) -> None:
    draft = kept_in(Place.COMMAND, "echo from-the-command")
    found = kept_password(draft, path, {**ENVIRON, "SC_PASSWORD": "from-the-environment"})
    assert found == Secret("from-the-command")
    with pytest.raises(CredentialsError, match="exit code 1"):
        kept_password(kept_in(Place.COMMAND, "false"), path, ENVIRON)


def test_flags_environment_and_file_are_suggestions(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[cluster]\nusername = 'from-file'\n")
    settings = load(file, {"SC_HOST": "10.0.0.7"}, {"dry_run": False, "ca_file": "/etc/ca.pem"})
    suggested = suggestions_of(settings)
    assert (suggested.address, suggested.username) == ("https://10.0.0.7", "from-file")
    assert "SC_HOST" in suggested.address_locked
    assert suggested.username_locked == ""
    assert (suggested.ca_file, suggested.is_live) == (Path("/etc/ca.pem"), True)
    assert suggestions_of(load(file, {"SC_DRY_RUN": "false"}, {})).is_live is False
    assert Suggestions().address == ""


@pytest.mark.parametrize(
    ("voucher", "ca_file", "trust"),
    [
        (Voucher.NOBODY, None, Pinned(PIN)),
        (Voucher.NOBODY, Path("/ca"), Pinned(PIN)),
        (Voucher.SYSTEM, None, BySystem()),
        (Voucher.CA_FILE, Path("/ca"), ByCaFile(Path("/ca"))),
    ],
)
def test_a_yes_trusts_who_vouches_and_else_the_one_certificate(
    voucher: Voucher, ca_file: Path | None, trust: Pinned | BySystem | ByCaFile
) -> None:
    seen = CertificateSeen("https://h", PIN, "", "", None, None, True, voucher)
    assert trust_of(seen, ca_file) == trust


def test_no_value_shows_the_password() -> None:
    draft = kept_in(Place.COMMAND, f"echo {MARK}")
    for value in (draft, draft.access(), draft.keeping, Configured(Path("/x"), Secret(MARK))):
        assert MARK not in f"{value} {value!r}"
    with pytest.raises(ValueError, match="trusted"):
        Draft().access()


@pytest.mark.parametrize(
    ("may_migrate", "roles", "account", "told"),
    [
        (True, ("Admin",), "balancer with Admin", "allowed"),
        (False, ("Read",), "balancer with Read", "NOT ALLOWED. Enough for a dry run"),
        (None, (), "balancer", "not known"),
    ],
)
def test_a_greeting_says_whether_the_account_may_migrate(
    may_migrate: bool | None, roles: tuple[str, ...], account: str, told: str
) -> None:
    rows = dict(greeting_rows(Greeting("branch-7", "9.4.30", 1, 2, roles, may_migrate, 0.2), "balancer"))
    assert (rows["account"], rows["size"], rows["answer"]) == (account, "1 node, 2 VMs", "took 200 ms")
    assert rows["migrations"].startswith(told)


def test_a_relative_password_file_lies_beside_the_settings() -> None:
    assert password_path(" password", Path("/etc/hctui")) == Path("/etc/hctui/password")
    assert password_path("password", Path()) == Path.cwd() / "password"
    assert password_path("~/password", Path("/etc")) == Path.home() / "password"


async def test_work_apart_answers_fails_and_can_be_given_up() -> None:
    assert await apart(lambda: 7) == 7
    with pytest.raises(CredentialsError):
        await apart(_fail)
    go_on = threading.Event()
    waiting = asyncio.create_task(apart(go_on.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    threads = [thread for thread in threading.enumerate() if thread.name == "first run"]
    assert all(thread.daemon for thread in threads)
    go_on.set()
    for thread in threads:
        await asyncio.to_thread(thread.join)


def _fail() -> None:
    raise CredentialsError("none")
