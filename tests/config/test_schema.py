"""Every setting with values that are right and wrong, as text and as TOML."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hctui.config import BY_KEY, SETTINGS, Problem, Setting, check_field
from hctui.config.kinds import Value
from hctui.config.notify import NOTIFY_ALLOWED
from hctui.config.wrong import WrongValue

PRINT = "ab" * 32
PRINT_WITH_COLONS = ":".join(["AB"] * 32)
PERCENT = "must be a number above 0 and up to 100, in percent"
MINUTES = "must be a number from 0 to 10080, in minutes"
BINDINGS = 'must be a list of "action=key", as in "approve=ctrl+a"'
MINUTES_ABOVE_0 = "must be a number above 0 and up to 10080, in minutes"
BOOLEAN = "must be one of true, 1, yes, y, on or one of false, 0, no, n, off"
PRINTS = "must be a list of SHA-256 fingerprints, each 64 hexadecimal digits"

PERCENTS = (
    "ram_limit_percent",
    "cpu_upper_threshold_percent",
    "cpu_lower_threshold_percent",
    "cpu_relief_percent",
)
WINDOWS = (
    'must be a list of windows, as in "mon-fri 22:00-06:00", "sat,sun 00:00-24:00" or "daily 01:30-04:00": days from '
    "mon to sun, then two different times"
)

COOLDOWNS = (
    "migration_cooldown_minutes",
    "vm_move_cooldown_minutes",
    "recovery_cooldown_minutes",
    "return_ban_minutes",
    "failure_pause_minutes",
)
HOURS = ("act_only", "never")
COUNTS = {"most_moves_per_hour": 1000, "failures_before_pause": 100}
POINTS = {"target_margin_points": 50, "move_cost_points": 100, "gib_cost_points": 10}
OR_NEVER = {"ram_upper_threshold_percent": 100, "most_vcpus_per_thread": 100}
CHOICES = {"strategy": ("documented", "best-fit"), "n_plus_one": ("off", "warn", "veto")}
SPANS = ("avg_window_minutes", "migration_limit_minutes", "proposal_limit_minutes")
SWITCHES = ("verify_ssl", "oidc", "dry_run", "password_keyring", "bell", "windows_bind_rules")
NUMBERS = (
    *PERCENTS,
    *COOLDOWNS,
    *SPANS,
    *POINTS,
    *OR_NEVER,
    "sample_interval_seconds",
    "request_timeout_seconds",
    "journal_keep_days",
)

GOOD_TEXT: list[tuple[str, str, Value]] = [
    ("base_url", "node-1", "https://node-1"),
    ("username", "balancer", "balancer"),
    ("username", "Zoë", "Zoë"),
    ("password_command", "pass show 'a b'", ("pass", "show", "a b")),
    ("password_command", "", ()),
    ("password_file", "/run/secret", "/run/secret"),
    ("ca_file", "/etc/ca.pem", "/etc/ca.pem"),
    ("pinned_fingerprints", f"{PRINT_WITH_COLONS}, {'0' * 64},", (PRINT, "0" * 64)),
    ("pinned_fingerprints", f"{PRINT_WITH_COLONS},{PRINT}", (PRINT,)),
    ("request_timeout_seconds", "0.1", 0.1),
    ("request_timeout_seconds", "600", 600.0),
    ("mode", "approve", "approve"),
    ("mode", " AUTO ", "auto"),
    ("sample_interval_seconds", "1", 1.0),
    ("sample_interval_seconds", "3600", 3600.0),
    ("exclude_node_ips", "10.0.0.1,10.0.0.2", ("10.0.0.1", "10.0.0.2")),
    ("exclude_node_ips", " 10.0.0.1 , , 2001:DB8::1 ,10.0.0.1", ("10.0.0.1", "2001:db8::1")),
    ("exclude_node_ips", "", ()),
    ("notify", "", ()),
    (
        "notify",
        "failed=mail -s hctui,branch root; all=https://hooks.example.org/x",
        ("failed=mail -s hctui,branch root", "all=https://hooks.example.org/x"),
    ),
    ("stand_down_severity", "critical", "CRITICAL"),
    ("stand_down_severity", "WARNING", "WARNING"),
    ("stand_down_severity", "Never", "never"),
    ("theme", "Light", "light"),
    ("theme", "ansi", "ansi"),
    ("glyphs", "ascii", "ascii"),
    ("on_hangup", "headless", "headless"),
    ("keys", "approve=ctrl+a, reject = R,", ("approve=ctrl+a", "reject=R")),
    ("keys", "table.sort-next=ctrl+shift+f5", ("table.sort-next=ctrl+shift+f5",)),
    ("keys", "help=?,help=f1", ("help=?", "help=f1")),
    ("keys", "pause=comma", ("pause=comma",)),
    ("keys", "", ()),
    *[
        (key, text, value)
        for key, most in COUNTS.items()
        for text, value in (("0", 0), (" 12 ", 12), (str(most), most))
    ],
    ("level", "1", 1),
    ("level", "5", 5),
    *[(key, f" {word.upper()} ", word) for key, words in CHOICES.items() for word in words],
    *[
        (key, text, value)
        for key, most in (POINTS | OR_NEVER).items()
        for text, value in (("0", 0.0), ("0.25", 0.25), (str(most), float(most)))
    ],
    *[
        (key, text, value)
        for key in HOURS
        for text, value in (
            ("", ()),
            ("Mon-Fri 22:00-6:00", ("mon-fri 22:00-06:00",)),
            ("sat, sun 00:00-24:00; daily 1:30 - 4:00;", ("sat,sun 00:00-24:00", "daily 01:30-04:00")),
        )
    ],
    *[(key, word, True) for key in SWITCHES for word in ("true", "1", "yes", "y", "on", "TRUE", " Yes ")],
    *[(key, word, False) for key in SWITCHES for word in ("false", "0", "no", "n", "off", "OFF", "No")],
    *[
        (key, text, value)
        for key in PERCENTS
        for text, value in (("100", 100.0), ("0.5", 0.5), (" 70 ", 70.0))
    ],
    *[
        (key, text, value)
        for key in COOLDOWNS
        for text, value in (("0", 0.0), ("0.25", 0.25), ("10080", 10080.0))
    ],
    *[(key, text, value) for key in SPANS for text, value in (("0.25", 0.25), ("10080", 10080.0))],
]

BAD_TEXT: list[tuple[str, str, str]] = [
    ("base_url", "http://node-1", "must be https"),
    ("base_url", "node\n1", "must be one line without control characters"),
    ("username", "a\x1b[31m", "must be one line without control characters"),
    ("username", "a\u202eb", "must be one line without control characters"),
    ("password_command", "pass 'show", "must be a command with balanced quotes"),
    ("password_command", "'' show", "must begin with the name of a program"),
    ("password_command", "pass a\0b", "must not contain the character NUL"),
    ("password_file", "a\0b", "must be one line without control characters"),
    ("ca_file", "a\nb", "must be one line without control characters"),
    ("pinned_fingerprints", PRINT[1:], PRINTS),
    ("pinned_fingerprints", f"{PRINT},g{PRINT[1:]}", PRINTS),
    ("request_timeout_seconds", "0.09", "must be a number from 0.1 to 600, in seconds"),
    ("request_timeout_seconds", "601", "must be a number from 0.1 to 600, in seconds"),
    ("mode", "manual", "must be auto or approve"),
    ("mode", "", "must be auto or approve"),
    ("sample_interval_seconds", "0.99", "must be a number from 1 to 3600, in seconds"),
    ("sample_interval_seconds", "3601", "must be a number from 1 to 3600, in seconds"),
    ("exclude_node_ips", "10.0.0.1,10.0.0.300", "must be a list of IP addresses; '10.0.0.300' is not one"),
    (
        "exclude_node_ips",
        "10.0.0.1 10.0.0.2",
        "must be a list of IP addresses; '10.0.0.1 10.0.0.2' is not one",
    ),
    ("theme", "solarized", "must be dark, light or ansi"),
    ("glyphs", "emoji", "must be unicode or ascii"),
    ("on_hangup", "ignore", "must be exit or headless"),
    ("keys", "approve", f"{BINDINGS}; 'approve' is not one"),
    ("keys", "approve=", BINDINGS),
    ("keys", "=ctrl+a", BINDINGS),
    ("keys", "Approve=a", BINDINGS),
    ("keys", "approve=ctrl+", BINDINGS),
    ("keys", "approve=strg+a", BINDINGS),
    ("keys", "approve=a b", BINDINGS),
    ("keys", "approve==", BINDINGS),
    ("keys", "approve=\x1b", BINDINGS),
    ("notify", "failed", f"must be {NOTIFY_ALLOWED}; one of yours is not"),
    ("notify", "sometimes=mail root", f"must be {NOTIFY_ALLOWED}; one of yours is not"),
    ("notify", "all=https://", f"must be {NOTIFY_ALLOWED}; one of yours is not"),
    ("notify", 'all=mail "', f"must be {NOTIFY_ALLOWED}; one of yours is not"),
    ("journal_keep_days", "0.5", "must be a number from 1 to 3650, in days"),
    ("stand_down_severity", "NOTICE", "must be EMERGENCY, ALERT, CRITICAL, ERROR, WARNING or never"),
    *[
        (key, text, f"must be a whole number from 0 to {most}")
        for key, most in COUNTS.items()
        for text in ("", "-1", "1.5", "1e2", str(most + 1), "ten", "\u0661", "9" * 5000)
    ],
    *[("level", text, "must be a whole number from 1 to 5") for text in ("0", "6", "2.5", "")],
    ("strategy", "bestfit", "must be documented or best-fit"),
    ("n_plus_one", "", "must be off, warn or veto"),
    *[
        (key, text, f"must be a number from 0 to {most}, in ")
        for key, most in (POINTS | OR_NEVER).items()
        for text in ("-0.1", str(most + 1))
    ],
    *[
        (key, text, f"{WINDOWS}; '{part}' is not one")
        for key in HOURS
        for text, part in (
            ("22:00-06:00", "22:00-06:00"),
            ("mon 08:00-08:00", "mon 08:00-08:00"),
            ("mon 08:00-12:00, tue 08:00-12:00", "mon 08:00-12:00, tue 08:00-12:00"),
            ("mon 08:00-12:00; someday 08:00-12:00", "someday 08:00-12:00"),
        )
    ],
    *[(key, text, BOOLEAN) for key in SWITCHES for text in ("", "maybe", "2", "tru", "ja")],
    *[(key, text, PERCENT) for key in PERCENTS for text in ("0", "-1", "100.1", "70 %")],
    *[(key, text, MINUTES) for key in COOLDOWNS for text in ("-0.1", "10081")],
    *[(key, text, MINUTES_ABOVE_0) for key in SPANS for text in ("0", "-1", "10081")],
    *[
        (key, text, "must be a number")
        for key in NUMBERS
        for text in ("", "nan", "inf", "-inf", "1e400", "ten", "0x10", "true")
    ],
]

GOOD_TOML: list[tuple[str, str, Value]] = [
    ("base_url", '"node-1"', "https://node-1"),
    ("base_url", '""', ""),
    ("username", '"balancer"', "balancer"),
    ("password_command", '"pass show x"', ("pass", "show", "x")),
    ("password_command", '["pass", "show x"]', ("pass", "show x")),
    ("password_command", "[]", ()),
    ("password_file", '"/run/secret"', "/run/secret"),
    ("ca_file", '"/etc/ca.pem"', "/etc/ca.pem"),
    ("pinned_fingerprints", f'["{PRINT_WITH_COLONS}"]', (PRINT,)),
    ("mode", '"Approve"', "approve"),
    ("exclude_node_ips", '["10.0.0.1"]', ("10.0.0.1",)),
    ("stand_down_severity", '"never"', "never"),
    ("notify", '["failed=mail root", "failed=mail root"]', ("failed=mail root",)),
    ("theme", '"LIGHT"', "light"),
    ("glyphs", '"ascii"', "ascii"),
    ("on_hangup", '"headless"', "headless"),
    ("keys", '["approve=ctrl+a", "help = ?"]', ("approve=ctrl+a", "help=?")),
    *[(key, text, value) for key in COUNTS for text, value in (("0", 0), ("1_2", 12))],
    ("level", "4", 4),
    *[(key, f'"{word}"', word) for key, words in CHOICES.items() for word in words],
    *[
        (key, '["mon,wed 22:00-06:00", "Daily 1:30-4:00"]', ("mon,wed 22:00-06:00", "daily 01:30-04:00"))
        for key in HOURS
    ],
    *[(key, text, text == "true") for key in SWITCHES for text in ("true", "false")],
    *[(key, text, value) for key in NUMBERS for text, value in (("5", 5.0), ("5.5", 5.5), ("1_0", 10.0))],
]

BAD_TOML: list[tuple[str, str, str]] = [
    (
        "base_url",
        "5",
        "must be host, host:port or https://host[:port], with IPv6 addresses in brackets, in quotes",
    ),
    ("username", "true", "must be a user name, in quotes"),
    ("password_command", "5", "must be a command and its arguments"),
    ("password_command", '["pass", 5]', "must be a command and its arguments"),
    ("password_command", '[""]', "must begin with the name of a program"),
    ("password_file", '["/x"]', "must be the path of a file, in quotes"),
    ("ca_file", "1979-05-27", "must be the path of a file, in quotes"),
    ("pinned_fingerprints", f'"{PRINT}"', PRINTS),
    ("mode", "1", "must be auto or approve, in quotes"),
    ("exclude_node_ips", '"10.0.0.1"', "must be a list of IP addresses"),
    ("exclude_node_ips", "[1]", "must be a list of IP addresses"),
    ("exclude_node_ips", '["10.0.0.1", ""]', "must be a list of IP addresses; '' is not one"),
    ("theme", "1", "must be dark, light or ansi, in quotes"),
    ("glyphs", "true", "in quotes"),
    ("on_hangup", "[]", "in quotes"),
    ("keys", '"approve=a"', BINDINGS),
    ("keys", '["approve=a,b"]', f"{BINDINGS}; 'approve=a,b' is not one"),
    ("stand_down_severity", "false", "or never, in quotes"),
    ("notify", '"failed=mail root"', NOTIFY_ALLOWED),
    *[
        (key, text, "must be a whole number from 0 to")
        for key in COUNTS
        for text in ("true", "1.5", "12.0", "-1", "[]", "1" + "0" * 400)
    ],
    *[(key, '"12"', "without quotes") for key in COUNTS],
    ("level", "0", "must be a whole number from 1 to 5"),
    *[(key, "true", "in quotes") for key in CHOICES],
    *[(key, '"mon 22:00-06:00"', WINDOWS) for key in HOURS],
    *[(key, '["mon 22:00-06:00; tue 22:00-06:00"]', WINDOWS) for key in HOURS],
    *[
        (key, text, "must be true or false, without quotes")
        for key in SWITCHES
        for text in ("1", '"true"', "[]")
    ],
    *[
        (key, text, "must be a number")
        for key in NUMBERS
        for text in ("true", "[]", "nan", "inf", "-inf", "1" + "0" * 400)
    ],
    *[(key, '"5"', "without quotes") for key in NUMBERS],
]


def from_toml(key: str, text: str) -> Value:
    value: Value = BY_KEY[key].kind.from_toml(tomllib.loads(f"x = {text}")["x"])
    return value


def test_the_tables_below_leave_no_setting_out() -> None:
    for table in (GOOD_TEXT, BAD_TEXT, GOOD_TOML, BAD_TOML):
        assert {row[0] for row in table} >= set(BY_KEY) - (set(NUMBERS) if table is GOOD_TEXT else set())


@pytest.mark.parametrize(("key", "text", "value"), GOOD_TEXT)
def test_good_text(key: str, text: str, value: Value) -> None:
    read = check_field(key, text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("key", "text", "reason"), BAD_TEXT)
def test_bad_text(key: str, text: str, reason: str) -> None:
    problem = check_field(key, text)
    assert isinstance(problem, Problem)
    assert problem.reason.startswith(reason)


@pytest.mark.parametrize(("key", "text", "value"), GOOD_TOML)
def test_good_toml(key: str, text: str, value: Value) -> None:
    read = from_toml(key, text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("key", "text", "reason"), BAD_TOML)
def test_bad_toml(key: str, text: str, reason: str) -> None:
    with pytest.raises(WrongValue) as caught:
        from_toml(key, text)
    assert reason in caught.value.reason


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_each_row_of_the_table_is_sound(setting: Setting[Any]) -> None:
    assert setting.kind.from_text(
        setting.kind.to_text(setting.default)
    ) == setting.default or setting.default in ("", ())
    assert setting.kind.from_toml(setting.kind.to_toml(setting.default)) == setting.default
    assert setting.meaning.endswith(".")
    assert "\n" not in setting.meaning
    assert setting.unit in ("", "minutes", "seconds", "percent", "points", "days", "vCPUs per thread")
    assert setting.key.endswith(f"_{setting.unit.replace(' ', '_').lower()}" if setting.unit else "")
    if setting.environment and setting.group == "balancer":
        assert setting.environment == f"SC_{setting.key.upper()}"
        assert setting.flag


def test_names_are_unique_across_the_groups() -> None:
    assert len(BY_KEY) == len(SETTINGS)
    for names in ([s.environment for s in SETTINGS], [s.flag for s in SETTINGS]):
        named = [name for name in names if name]
        assert len(set(named)) == len(named)


def test_environment_names_are_those_that_are_documented() -> None:
    assert {setting.environment for setting in SETTINGS} - {""} == {
        "SC_HOST",
        "SC_USERNAME",
        "SC_VERIFY_SSL",
        "SC_DRY_RUN",
        "SC_MODE",
        "SC_AVG_WINDOW_MINUTES",
        "SC_SAMPLE_INTERVAL_SECONDS",
        "SC_RAM_LIMIT_PERCENT",
        "SC_CPU_UPPER_THRESHOLD_PERCENT",
        "SC_CPU_LOWER_THRESHOLD_PERCENT",
        "SC_MIGRATION_COOLDOWN_MINUTES",
        "SC_VM_MOVE_COOLDOWN_MINUTES",
        "SC_RECOVERY_COOLDOWN_MINUTES",
        "SC_EXCLUDE_NODE_IPS",
    }


def test_an_unknown_key_is_not_a_field() -> None:
    with pytest.raises(KeyError):
        check_field("password", "x")


def test_a_path_may_start_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert check_field("ca_file", "~/ca.pem") == "/home/ada/ca.pem"


@given(st.floats(0.1, 100))
def test_numbers_survive_being_written(number: float) -> None:
    kind = BY_KEY["ram_limit_percent"].kind
    assert kind.from_text(kind.to_text(number)) == number
    assert kind.from_toml(kind.to_toml(number)) == number


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=4))
def test_commands_survive_being_written(words: list[str]) -> None:
    kind = BY_KEY["password_command"].kind
    command = ("program", *words)
    assert kind.from_text(kind.to_text(command)) == command
    assert kind.from_toml(kind.to_toml(command)) == command
