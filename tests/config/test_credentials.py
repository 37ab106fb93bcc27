import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from hctui.config import CredentialsError, Settings, credentials, find_password, load, password_source
from hctui.core.secret import Secret

SECRET = "correct horse"
CommandSettings = Callable[[str], Settings]


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    return private_file(tmp_path / "password", f"{SECRET}\n")


@pytest.fixture
def command(tmp_path: Path) -> CommandSettings:
    """Settings whose password command runs a piece of Python."""

    def settings(source: str) -> Settings:
        path = tmp_path / "with_command.toml"
        path.write_text(f"[cluster]\npassword_command = [{sys.executable!r}, '-c', {source!r}]\n")
        return load(path, {}, {})

    return settings


def private_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def with_file(path: Path) -> Settings:
    return load(None, {}, {"password_file": str(path)})


def systemd(tmp_path: Path, mode: int = 0o400) -> dict[str, str]:
    path = private_file(tmp_path / "hctui-password", "from systemd")
    path.chmod(mode)
    return {"CREDENTIALS_DIRECTORY": str(tmp_path)}


def nobody(question: str) -> str:
    raise AssertionError(f"asked: {question}")


def refusal(settings: Settings, environ: dict[str, str]) -> CredentialsError:
    with pytest.raises(CredentialsError) as caught:
        find_password(settings, environ, nobody)
    return caught.value


def test_the_first_place_that_is_set_prevails(tmp_path: Path, password_file: Path) -> None:
    path = tmp_path / "all.toml"
    path.write_text(f"[cluster]\npassword_command = 'echo from command'\npassword_file = '{password_file}'\n")
    everything = load(path, {}, {})
    credential = systemd(tmp_path)

    assert find_password(everything, {"SC_PASSWORD": "from env", **credential}, nobody) == Secret("from env")
    assert find_password(everything, credential, nobody) == Secret("from systemd")
    assert find_password(everything, {}, nobody) == Secret("from command")
    assert find_password(with_file(password_file), {}, nobody) == Secret(SECRET)
    assert find_password(load(None, {}, {}), {}, lambda _: "typed") == Secret("typed")


def test_the_place_is_told_without_fetching_anything(tmp_path: Path) -> None:
    marker = tmp_path / "the command ran"
    path = tmp_path / "places.toml"
    path.write_text(
        f"[cluster]\npassword_command = ['touch', '{marker}']\npassword_file = '/none'\npassword_keyring = true\n"
    )
    settings, credential = load(path, {}, {}), systemd(tmp_path)

    assert password_source(settings, {"SC_PASSWORD": SECRET, **credential}) == (
        "the environment variable SC_PASSWORD"
    )
    assert password_source(settings, credential) == f"the systemd credential {tmp_path}/hctui-password"
    assert password_source(settings, {}) == "the command touch"
    path.write_text("[cluster]\npassword_file = '/none'\npassword_keyring = true\n")
    assert password_source(load(path, {}, {}), {}) == "the file /none"
    path.write_text("[cluster]\npassword_keyring = true\n")
    assert password_source(load(path, {}, {}), {}) == "the system's keyring"
    assert password_source(load(None, {}, {}), {}) == "a prompt"
    assert not marker.exists()


def test_an_empty_variable_counts_as_not_set(password_file: Path) -> None:
    environ = {"SC_PASSWORD": "", "CREDENTIALS_DIRECTORY": ""}
    assert find_password(with_file(password_file), environ, nobody) == Secret(SECRET)


def test_a_systemd_folder_without_our_credential_is_passed_over(tmp_path: Path, password_file: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "none")}
    assert find_password(with_file(password_file), environ, nobody) == Secret(SECRET)


def test_without_any_place_the_error_lists_them_all() -> None:
    with pytest.raises(CredentialsError) as caught:
        find_password(load(None, {}, {}), {}, None)
    for place in (
        "SC_PASSWORD",
        "hctui-password",
        "password_command",
        "password_file",
        "password_keyring",
        "prompt",
    ):
        assert place in caught.value.hint


def test_the_question_names_user_and_cluster() -> None:
    asked = []

    def prompt(question: str) -> str:
        asked.append(question)
        return SECRET

    find_password(load(None, {"SC_HOST": "node-1", "SC_USERNAME": "balancer"}, {}), {}, prompt)
    find_password(load(None, {}, {}), {}, prompt)
    assert asked == ["Password of balancer at https://node-1: ", "Password of the cluster user: "]


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(CredentialsError, match="Nothing was typed"):
        find_password(load(None, {}, {}), {}, lambda _: "")


@pytest.mark.parametrize(
    ("content", "password"),
    [("pw", "pw"), ("pw\n", "pw"), ("pw\r\nuser: x\n", "pw"), (" p w \n", " p w "), ("pä\x0bß\n", "pä\x0bß")],
)
def test_the_first_line_of_a_file_is_the_password(tmp_path: Path, content: str, password: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content.encode())
    path.chmod(0o400)
    assert find_password(with_file(path), {}, nobody) == Secret(password)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601, 0o777])
def test_a_file_open_to_others_is_refused_with_the_remedy(password_file: Path, mode: int) -> None:
    password_file.chmod(mode)
    error = refusal(with_file(password_file), {})
    assert error.detail == (
        f"cluster.password_file {password_file} may be read or changed by other users (its mode is {mode:04o})."
    )
    assert error.hint == f"Run: chmod 600 {password_file}"


def test_a_file_of_another_user_is_refused(password_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: password_file.stat().st_uid + 1)
    assert "belongs to another user" in refusal(with_file(password_file), {}).detail


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path):
        assert "is not a regular file" in refusal(with_file(path), {}).detail


def test_a_link_leads_to_the_file(tmp_path: Path, password_file: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(password_file)
    assert find_password(with_file(link), {}, nobody) == Secret(SECRET)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = refusal(with_file(tmp_path / "none"), {})
    assert error.detail == f"cluster.password_file {tmp_path}/none cannot be read: No such file or directory."


def test_a_file_without_a_password(tmp_path: Path) -> None:
    path = private_file(tmp_path / "password", "\nsecond line\n")
    assert "gave no password: its first line is empty" in refusal(with_file(path), {}).detail


def test_a_systemd_credential_may_show_permissions_of_its_access_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = systemd(tmp_path, 0o440)
    assert find_password(load(None, {}, {}), environ, nobody) == Secret("from systemd")
    owner = (tmp_path / "hctui-password").stat().st_uid
    if owner == 0:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert find_password(load(None, {}, {}), environ, nobody) == Secret("from systemd")


@pytest.mark.parametrize("mode", [0o444, 0o460, 0o402])
def test_a_systemd_credential_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    error = refusal(load(None, {}, {}), systemd(tmp_path, mode))
    assert error.detail.startswith(f"systemd credential {tmp_path}/hctui-password may be read or changed")


def test_the_first_line_of_a_command_is_the_password(command: CommandSettings) -> None:
    settings = command(f"print({SECRET!r}); print('login: x')")
    assert find_password(settings, {}, nobody) == Secret(SECRET)


def test_the_command_sees_the_environment_it_is_given(command: CommandSettings) -> None:
    settings = command("import os; print(os.environ['VAULT'])")
    assert find_password(settings, {"VAULT": SECRET}, nobody) == Secret(SECRET)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[cluster]\npassword_command = 'echo $HOME; echo `id`'\n")
    assert find_password(load(path, {}, {}), {}, nobody) == Secret("$HOME; echo `id`")


def test_a_command_that_fails_shows_code_and_standard_error_but_not_its_output(
    command: CommandSettings,
) -> None:
    settings = command(
        f"import sys; print({SECRET!r}); sys.stderr.write('no \\x1b[31m key\\nfound'); sys.exit(3)"
    )
    error = refusal(settings, {})
    assert (
        error.detail
        == f"cluster.password_command ({sys.executable}) failed with exit code 3: no ?[31m key found."
    )


def test_long_complaints_are_cut_to_their_end(command: CommandSettings) -> None:
    detail = refusal(command("import sys; sys.exit('x' * 5000 + ' the end')"), {}).detail
    assert len(detail) < 500
    assert detail.endswith(" the end.")


def test_a_silent_failure_says_so(command: CommandSettings) -> None:
    detail = refusal(command("raise SystemExit(1)"), {}).detail
    assert detail.endswith("failed with exit code 1 and wrote nothing to standard error.")


def test_a_command_that_does_not_end(command: CommandSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "COMMAND_TIMEOUT_SECONDS", 0.05)
    assert refusal(command("import time; time.sleep(60)"), {}).detail.endswith(
        "did not end within 0.05 seconds."
    )


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[cluster]\npassword_command = ['no-such-program', 'hunter2']\n")
    assert refusal(load(path, {}, {}), {}).detail == (
        "cluster.password_command (no-such-program) cannot be run: No such file or directory."
    )


@pytest.mark.parametrize(("source", "said"), [("print()", "gave no password"), ("", "gave no password")])
def test_a_command_that_prints_nothing(command: CommandSettings, source: str, said: str) -> None:
    assert said in refusal(command(source), {}).detail


@pytest.mark.parametrize(
    "source",
    [
        f"import sys; print({SECRET!r}, flush=True); sys.exit(1)",
        f"import time; print({SECRET!r}, flush=True); time.sleep(60)",
        f"import sys; sys.stdout.buffer.write({SECRET.encode()!r} + bytes([255]))",
        f"print(); print({SECRET!r})",
    ],
)
def test_no_error_takes_a_secret_along(
    command: CommandSettings, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(credentials, "COMMAND_TIMEOUT_SECONDS", 0.3)
    error = refusal(command(source), {})
    assert SECRET not in "".join(traceback.format_exception(error)) + repr(error) + str(error)
    assert error.__context__ is None


def test_a_found_password_does_not_show_itself(password_file: Path) -> None:
    password = find_password(with_file(password_file), {}, nobody)
    assert SECRET not in f"{password} {password!r}"


def test_a_password_in_utf_8_survives_a_locale_that_is_not() -> None:
    """Python keeps bytes that its locale cannot decode as surrogates."""
    kept = "zürich".encode().decode("ascii", "surrogateescape")
    assert find_password(load(None, {}, {}), {"SC_PASSWORD": kept}, None) == Secret("zürich")
    broken = b"z\xfcrich".decode("ascii", "surrogateescape")
    assert "SC_PASSWORD" in refusal(load(None, {}, {}), {"SC_PASSWORD": broken}).detail
