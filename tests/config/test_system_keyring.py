"""The password in a keyring that lives in memory; the real one of whoever runs this is never asked."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from hctui.config import CredentialsError, Settings, find_password, load, store_in_keyring
from hctui.core.secret import Secret

SECRET = "correct horse"


class InMemory(keyring.backend.KeyringBackend):
    """A keyring that forgets. `trouble` is raised by whatever it is asked."""

    priority = 1.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.trouble: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        if self.trouble:
            raise self.trouble
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.trouble:
            raise self.trouble
        self.kept[service, username] = password


@pytest.fixture
def backend() -> Iterator[InMemory]:
    before, memory = keyring.get_keyring(), InMemory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "keyring.toml"
    path.write_text("[cluster]\nbase_url = 'node-1'\nusername = 'balancer'\npassword_keyring = true\n")
    return load(path, {}, {})


def nobody(question: str) -> str:
    raise AssertionError(f"asked: {question}")


def test_the_password_is_kept_by_user_and_address(backend: InMemory, settings: Settings) -> None:
    store_in_keyring(settings.cluster, Secret(SECRET))
    assert backend.kept == {("hctui", "balancer@node-1"): SECRET}
    assert find_password(settings, {}, nobody) == Secret(SECRET)


def test_an_unusual_port_is_part_of_the_address(backend: InMemory) -> None:
    cluster = load(None, {"SC_HOST": "[2001:db8::1]:8443", "SC_USERNAME": "a b"}, {}).cluster
    store_in_keyring(cluster, Secret(SECRET))
    assert list(backend.kept) == [("hctui", "a b@[2001:db8::1]:8443")]


def test_a_file_counts_before_the_keyring_and_a_prompt_after(
    backend: InMemory, settings: Settings, tmp_path: Path
) -> None:
    store_in_keyring(settings.cluster, Secret(SECRET))
    (tmp_path / "password").write_text("from file")
    (tmp_path / "password").chmod(0o600)
    both = load(settings.file, {}, {"password_file": str(tmp_path / "password")})
    assert find_password(both, {}, nobody) == Secret("from file")


def test_a_keyring_without_the_password_is_an_error_and_says_how_to_put_it_there(
    backend: InMemory, settings: Settings
) -> None:
    with pytest.raises(CredentialsError) as caught:
        find_password(settings, {}, nobody)
    assert caught.value.detail == "The system's keyring holds none for balancer@node-1."
    assert caught.value.hint == "Run: keyring set hctui balancer@node-1"


@pytest.mark.parametrize("environ", [{"SC_HOST": "node-1"}, {"SC_USERNAME": "balancer"}])
def test_without_user_or_address_there_is_nothing_to_look_up(
    backend: InMemory, environ: dict[str, str]
) -> None:
    with pytest.raises(CredentialsError, match=r"by user and address, and one of them is not set") as caught:
        store_in_keyring(load(None, environ, {}).cluster, Secret(SECRET))
    assert "cluster.username" in caught.value.hint
    assert not backend.kept


def ask(settings: Settings) -> object:
    return find_password(settings, {}, nobody)


def store(settings: Settings) -> None:
    store_in_keyring(settings.cluster, Secret(SECRET))


@pytest.mark.parametrize("act", [ask, store])
@pytest.mark.parametrize(
    "trouble", [keyring.errors.KeyringLocked(SECRET), keyring.errors.NoKeyringError(), OSError(SECRET)]
)
def test_an_error_of_the_keyring_is_told_without_what_it_says(
    backend: InMemory, settings: Settings, trouble: Exception, act: Callable[[Settings], object]
) -> None:
    backend.trouble = trouble
    with pytest.raises(CredentialsError) as caught:
        act(settings)
    assert caught.value.detail == f"The system's keyring cannot be used ({type(trouble).__name__})."
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("act", [ask, store])
def test_without_the_package_the_error_says_how_to_install_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, act: Callable[[Settings], object]
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CredentialsError) as caught:
        act(settings)
    assert caught.value.hint == "Run: pip install 'hctui[keyring]'"
    assert caught.value.__context__ is None
