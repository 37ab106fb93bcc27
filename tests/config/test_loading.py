"""Where values come from, which prevails, and what is said when something is wrong."""

import traceback
from pathlib import Path

import pytest

from hctui.config import BY_KEY, Settings, SettingsError, SourceKind, change, load, reloaded
from hctui.config.kinds import Value
from tests.config.conftest import WriteFile

BOTH = "[balancer]\nram_limit_percent = 60\nmode = 'approve'\n"


def value(settings: Settings, key: str) -> Value:
    return settings.given(BY_KEY[key]).value


def source(settings: Settings, key: str) -> str:
    return str(settings.given(BY_KEY[key]).source)


def problems(path: Path | None, environ: dict[str, str], flags: dict[str, object]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(path, environ, flags)
    return caught.value.problems


def test_without_any_source_the_defaults_hold() -> None:
    settings = load(None, {}, {})
    for key, setting in BY_KEY.items():
        assert value(settings, key) == setting.default
        assert source(settings, key) == "default"


def test_each_source_prevails_over_the_ones_below_it(write_file: WriteFile) -> None:
    path = write_file("[balancer]\nram_limit_percent = 10\n")
    environ = {"SC_RAM_LIMIT_PERCENT": "20"}
    flags = {"ram_limit_percent": "30"}

    assert value(load(None, {}, {}), "ram_limit_percent") == 70
    from_file = load(path, {}, {})
    assert value(from_file, "ram_limit_percent") == 10
    assert source(from_file, "ram_limit_percent") == f"file {path}"
    from_environment = load(path, environ, {})
    assert value(from_environment, "ram_limit_percent") == 20
    assert source(from_environment, "ram_limit_percent") == "environment SC_RAM_LIMIT_PERCENT"
    from_flag = load(path, environ, flags)
    assert value(from_flag, "ram_limit_percent") == 30
    assert source(from_flag, "ram_limit_percent") == "flag --ram-limit-percent"
    from_console = change(from_flag, {"ram_limit_percent": "40"})
    assert value(from_console, "ram_limit_percent") == 40
    assert source(from_console, "ram_limit_percent") == "console"
    assert sorted(SourceKind) == [
        SourceKind.DEFAULT,
        SourceKind.FILE,
        SourceKind.ENVIRONMENT,
        SourceKind.FLAG,
        SourceKind.CONSOLE,
    ]


def test_sources_are_mixed_key_by_key(write_file: WriteFile) -> None:
    settings = load(write_file(BOTH), {"SC_MODE": "auto"}, {"dry_run": False})
    assert [
        source(settings, key).split()[0] for key in ("ram_limit_percent", "mode", "dry_run", "username")
    ] == [
        "file",
        "environment",
        "flag",
        "default",
    ]


def test_the_usual_file_is_read_when_it_is_there(home: Path) -> None:
    usual = home / "config" / "hctui" / "config.toml"
    assert load(None, {}, {}).file == usual
    usual.parent.mkdir(parents=True)
    usual.write_text(BOTH)
    assert value(load(None, {}, {}), "ram_limit_percent") == 60


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "none.toml", {}, {})
    assert str(caught.value) == (
        f"Wrong settings: {tmp_path}/none.toml does not exist. Run 'hctui config init' to write a settings file."
    )


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert problems(tmp_path, {}, {}) == (f"{tmp_path} cannot be read: Is a directory.",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[balancer]\ndry_run = maybe\n", "is not valid TOML: Invalid value (at line 2, column 11)."),
        (
            b"[balancer]\nmode = 'auto'\nmode = 'auto'\n",
            "is not valid TOML: Cannot overwrite a value (at line 3",
        ),
        (b"[cluster]\nusername = '\xff'\n", "is not valid TOML: 'utf-8' codec can't decode"),
        (b"[balancer]\nram_limit_percent = 1" + b"0" * 5000, "is not valid TOML: Exceeds the limit"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(text)
    (problem,) = problems(path, {}, {})
    assert problem.startswith(f"{path} {said}")


def test_a_byte_order_mark_does_no_harm(write_file: WriteFile) -> None:
    assert value(load(write_file("\ufeff" + BOTH), {}, {}), "ram_limit_percent") == 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[balance]", "[balance] ({}): unknown group; did you mean [balancer]?"),
        ("[logging]", "[logging] ({}): unknown group; the groups are [cluster], [balancer] and [console]."),
        ("cluster = 3", "cluster ({}): must be a table that starts with the line [cluster]."),
        ("dry_run = false", "dry_run ({}): this key belongs in the group [balancer]."),
        ("dryrun = false", "dryrun ({}): unknown key; did you mean dry_run in the group [balancer]?"),
        (
            "foo = 1",
            "foo ({}): this key stands outside the groups, which are [cluster], [balancer] and [console].",
        ),
        ("[cluster]\ndry_run = false", "cluster.dry_run ({}): this key belongs in the group [balancer]."),
        (
            "[balancer]\nram_limit = 5",
            "balancer.ram_limit ({}): unknown key; did you mean ram_limit_percent?",
        ),
        ("[cluster]\nSC_HOST = 'x'", "cluster.SC_HOST ({}): unknown key; did you mean base_url?"),
        (
            "[balancer]\nRAM_LIMIT_PERCENT = 5",
            "balancer.RAM_LIMIT_PERCENT ({}): unknown key; did you mean ram_limit_p",
        ),
        (
            "[balancer]\nverbosity = 3",
            "balancer.verbosity ({}): unknown key; the keys here are dry_run, mode, avg_w",
        ),
    ],
)
def test_what_does_not_belong_in_the_file_is_named(write_file: WriteFile, text: str, said: str) -> None:
    path = write_file(text)
    (problem,) = problems(path, {}, {})
    assert problem.startswith(said.format(f"file {path}"))


@pytest.mark.parametrize("key", ["password", "PASSWORD", "passwd", "pwd", "pasword", "SC_PASSWORD"])
@pytest.mark.parametrize("group", ["", "[cluster]", "[balancer]"])
def test_a_password_in_the_file_is_refused_and_not_repeated(
    write_file: WriteFile, group: str, key: str
) -> None:
    (problem,) = problems(write_file(f"{group}\n{key} = 'hunter2'\n"), {}, {})
    assert "a password does not belong in a settings file" in problem
    for place in ("SC_PASSWORD", "hctui-password", "password_command", "password_file", "prompt"):
        assert place in problem
    assert "hunter2" not in problem


def test_a_wrong_value_names_key_value_source_and_what_is_allowed(write_file: WriteFile) -> None:
    path = write_file("[balancer]\nram_limit_percent = 170\n")
    assert problems(path, {}, {}) == (
        f"balancer.ram_limit_percent = 170 (file {path}): must be a number above 0 and up to 100, in percent.",
    )
    assert problems(None, {"SC_DRY_RUN": "maybe"}, {}) == (
        "balancer.dry_run = 'maybe' (environment SC_DRY_RUN): "
        "must be one of true, 1, yes, y, on or one of false, 0, no, n, off.",
    )
    assert problems(None, {}, {"mode": "manual"}) == (
        "balancer.mode = 'manual' (flag --mode): must be auto or approve.",
    )


def test_all_that_is_wrong_is_told_at_once_a_line_each(write_file: WriteFile) -> None:
    path = write_file("[balancer]\nmode = 1\nfoo = 2\nram_limit_percent = 0\n[cluster]\noidc = 'no'\n")
    with pytest.raises(SettingsError) as caught:
        load(path, {"SC_HOST": "http://x"}, {"sample_interval_seconds": "0"})
    lines = str(caught.value).splitlines()
    assert lines[0] == "Wrong settings: 6 problems"
    assert [line.split(" ")[0] for line in lines[1:]] == [
        "balancer.sample_interval_seconds",
        "cluster.base_url",
        "balancer.mode",
        "balancer.foo",
        "balancer.ram_limit_percent",
        "cluster.oidc",
    ]


def test_a_wrong_value_is_told_although_a_flag_prevails(write_file: WriteFile) -> None:
    (problem,) = problems(write_file("[balancer]\nmode = 'x'\n"), {}, {"mode": "auto"})
    assert problem.startswith("balancer.mode = 'x' (file ")


def test_lower_must_be_below_upper(write_file: WriteFile) -> None:
    path = write_file("[balancer]\ncpu_lower_threshold_percent = 85\n")
    assert problems(path, {}, {}) == (
        f"balancer.cpu_lower_threshold_percent = 85 percent (file {path}) must be below "
        "balancer.cpu_upper_threshold_percent = 80 percent (default).",
    )
    assert len(problems(path, {"SC_CPU_UPPER_THRESHOLD_PERCENT": "85"}, {})) == 1
    assert (
        value(load(path, {"SC_CPU_UPPER_THRESHOLD_PERCENT": "85.5"}, {}), "cpu_lower_threshold_percent") == 85
    )


def test_an_interval_must_fit_into_the_window() -> None:
    assert problems(None, {"SC_SAMPLE_INTERVAL_SECONDS": "61"}, {"avg_window_minutes": "1"}) == (
        "balancer.sample_interval_seconds = 61 seconds (environment SC_SAMPLE_INTERVAL_SECONDS) must fit into "
        "balancer.avg_window_minutes = 1 minutes (flag --avg-window-minutes).",
    )
    assert (
        value(
            load(None, {"SC_SAMPLE_INTERVAL_SECONDS": "60"}, {"avg_window_minutes": "1"}),
            "avg_window_minutes",
        )
        == 1
    )


def test_a_wrong_value_causes_no_second_complaint() -> None:
    environ = {"SC_CPU_UPPER_THRESHOLD_PERCENT": "0", "SC_CPU_LOWER_THRESHOLD_PERCENT": "90"}
    assert len(problems(None, environ, {})) == 1


def test_what_counts_as_not_set() -> None:
    environ = {
        "SC_MODE": "",
        "SC_EXCLUDE_NODE_IPS": "",
        "SC_VERBOSITY": "3",
        "SC_PASSWORD": "hunter2",
        "SC_REQUEST_TIMEOUT_SECONDS": "wrong",
        "SC_OIDC": "wrong",
        "": "x",
    }
    settings = load(None, environ, {"dry_run": None, "exclude_node_ips": (), "mode": None})
    assert {source(settings, key) for key in BY_KEY} == {"default"}


def test_flags_may_be_values_or_text() -> None:
    settings = load(None, {}, {"exclude_node_ips": ("10.0.0.1",), "ram_limit_percent": 65, "dry_run": False})
    assert settings.policy().excluded_node_ips == {"10.0.0.1"}
    assert settings.policy().ram_limit_percent == 65
    assert source(settings, "dry_run") == "flag --live"
    assert source(load(None, {}, {"dry_run": True}), "dry_run") == "flag --dry-run"
    assert source(load(None, {}, {"verify_ssl": False}), "verify_ssl") == "flag --no-verify-ssl"


def test_an_empty_flag_takes_the_value_back() -> None:
    settings = load(None, {"SC_EXCLUDE_NODE_IPS": "10.0.0.1"}, {"exclude_node_ips": ""})
    assert value(settings, "exclude_node_ips") == ()


def test_a_flag_that_is_no_setting_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        load(None, {}, {"speed": 5})


def test_relative_paths_start_at_the_settings_file(write_file: WriteFile, tmp_path: Path, home: Path) -> None:
    path = write_file("[cluster]\nca_file = 'certs/ca.pem'\npassword_file = '~/secret'\n")
    assert load(path, {}, {}).cluster.ca_file == tmp_path / "certs" / "ca.pem"
    assert load(path, {}, {}).cluster.password_file == home / "secret"
    assert load(path, {}, {"ca_file": "ca.pem"}).cluster.ca_file == Path("ca.pem")
    assert load(write_file("[cluster]\nca_file = ''\n"), {}, {}).cluster.ca_file is None


def test_changes_in_the_console_add_up() -> None:
    settings = change(load(None, {}, {"mode": "approve"}), {"ram_limit_percent": "75"})
    settings = change(settings, {"mode": "auto"})
    assert (value(settings, "ram_limit_percent"), value(settings, "mode")) == (75, "auto")
    assert {source(settings, key) for key in ("ram_limit_percent", "mode")} == {"console"}


def test_a_wrong_change_is_refused_and_leaves_the_settings_as_they_were() -> None:
    settings = load(None, {}, {})
    for changes, said in [
        ({"ram_limit_percent": "x"}, "balancer.ram_limit_percent = 'x' (console): must be a number"),
        (
            {"cpu_lower_threshold_percent": "90"},
            "balancer.cpu_lower_threshold_percent = 90 percent (console) must be",
        ),
    ]:
        with pytest.raises(SettingsError) as caught:
            change(settings, changes)
        assert caught.value.detail.startswith(said)
    assert value(settings, "cpu_lower_threshold_percent") == 50


def test_reading_the_file_again_keeps_the_other_sources(write_file: WriteFile) -> None:
    path = write_file("[balancer]\nram_limit_percent = 10\nmode = 'auto'\navg_window_minutes = 6\n")
    settings = load(path, {"SC_RAM_LIMIT_PERCENT": "20"}, {"dry_run": False})
    settings = change(settings, {"mode": "approve", "avg_window_minutes": "7"})
    write_file("[balancer]\nram_limit_percent = 11\nmode = 'auto'\navg_window_minutes = 8\n")
    again = reloaded(settings, {"avg_window_minutes"})
    assert [value(again, key) for key in ("ram_limit_percent", "dry_run", "mode", "avg_window_minutes")] == [
        20,
        False,
        "approve",
        8,
    ]
    assert source(again, "mode") == "console"
    assert source(again, "avg_window_minutes") == f"file {path}"


def test_reading_the_file_again_refuses_what_is_wrong_and_leaves_the_settings_alone(
    write_file: WriteFile,
) -> None:
    path = write_file("[balancer]\nram_limit_percent = 10\n")
    settings = change(load(path, {}, {}), {"cpu_lower_threshold_percent": "60"})
    for text, said in (
        ("[balancer]\nram_limit_percent = 0\n", "balancer.ram_limit_percent = 0"),
        (
            "[balancer]\ncpu_upper_threshold_percent = 55\n",
            "balancer.cpu_lower_threshold_percent = 60 percent",
        ),
        ("[balancer", "is not valid TOML"),
    ):
        write_file(text)
        with pytest.raises(SettingsError) as caught:
            reloaded(settings, ())
        assert said in caught.value.detail
    assert value(settings, "ram_limit_percent") == 10


def test_a_file_that_vanished_is_told_if_it_said_anything(write_file: WriteFile) -> None:
    path = write_file("[balancer]\nram_limit_percent = 10\n")
    settings = load(path, {}, {})
    path.unlink()
    with pytest.raises(SettingsError, match=r"hctui.toml does not exist\."):
        reloaded(settings, ())
    assert value(reloaded(load(None, {}, {}), ()), "ram_limit_percent") == 70


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("[cluster]\nbase_url = 'https://admin:hunter2@host'", {}),
        ("[cluster]\nbase_url = ['https://admin:hunter2@host']", {}),
        ("[cluster]\npassword_command = ['echo', 'hunter2', 5]", {}),
        ('[cluster]\npassword_command = "echo \'hunter2"', {}),
        ("[cluster]\npassword_command = {echo = 'hunter2'}", {}),
        ("[cluster]\npassword = hunter2", {}),
        ("[cluster.password]\nx = 'hunter2'", {}),
        ("[cluster]\nmy_secret = 'hunter2'", {}),
        ("", {"SC_HOST": "admin:hunter2@host", "SC_PASSWORD": "hunter2"}),
        ("", {"SC_MODE": "x", "SC_PASSWORD": "hunter2"}),
    ],
)
def test_no_error_repeats_a_secret(write_file: WriteFile, text: str, environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load(write_file(text), environ, {})
    everything = (
        "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(caught.value.problems)
    )
    assert "hunter2" not in everything


def test_a_long_value_is_cut_in_the_message() -> None:
    (problem,) = problems(None, {"SC_MODE": "x" * 5000}, {})
    assert len(problem) < 200
