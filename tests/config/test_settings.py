import tomllib
from pathlib import Path

import pytest

from hctui.config import (
    SETTINGS,
    ConsoleSettings,
    Glyphs,
    LiveConsent,
    OnHangup,
    Settings,
    Theme,
    change,
    load,
    schema,
)
from hctui.core.calendar import read_span
from hctui.core.model import Severity
from hctui.core.policy import Mode, NPlusOne, Policy, Strategy
from tests.config.conftest import WriteFile

EVERYTHING = """
[cluster]
base_url = "10.0.0.101:8443"
username = "balancer"
password_command = ["print-password", "--key", "hunter2"]
password_file = "/run/secret"
password_keyring = true
verify_ssl = false
ca_file = "/etc/ca.pem"
pinned_fingerprints = ["ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"]
oidc = true
request_timeout_seconds = 2.5

[balancer]
dry_run = false
mode = "approve"
avg_window_minutes = 10
sample_interval_seconds = 15
ram_limit_percent = 71.5
cpu_upper_threshold_percent = 90
cpu_lower_threshold_percent = 40
migration_cooldown_minutes = 6
vm_move_cooldown_minutes = 31
recovery_cooldown_minutes = 0.5
exclude_node_ips = ["10.0.0.103", "10.0.0.104"]
migration_limit_minutes = 61
proposal_limit_minutes = 11
stand_down_severity = "never"
return_ban_minutes = 121
most_moves_per_hour = 13
act_only = ["Mon-Fri 22:00-6:00", "sat,sun 00:00-24:00"]
never = ["daily 01:30-04:00"]
windows_bind_rules = false
failures_before_pause = 4
failure_pause_minutes = 62
strategy = "best-fit"
level = 4
cpu_relief_percent = 65
target_margin_points = 6
move_cost_points = 4.5
gib_cost_points = 0.1
ram_upper_threshold_percent = 68
most_vcpus_per_thread = 3
n_plus_one = "veto"
journal_keep_days = 7
notify = ["failed=mail -s hctui root"]

[console]
theme = "light"
glyphs = "ascii"
bell = false
on_hangup = "headless"
keys = ["approve=ctrl+a", "help=f1", "approve=f2"]
"""


@pytest.fixture
def full(write_file: WriteFile) -> Settings:
    return load(write_file(EVERYTHING), {}, {})


def test_the_defaults_are_those_of_the_core() -> None:
    assert load(None, {}, {}).policy() == Policy()


def test_the_sample_file_changes_every_setting(full: Settings) -> None:
    for setting in SETTINGS:
        assert full.get(setting) != setting.default, setting.key


def test_the_policy_is_in_the_units_of_the_core(full: Settings) -> None:
    assert full.policy() == Policy(
        dry_run=False,
        mode=Mode.APPROVE,
        window_seconds=600.0,
        interval_seconds=15.0,
        ram_limit_percent=71.5,
        cpu_upper_percent=90.0,
        cpu_lower_percent=40.0,
        cluster_cooldown_seconds=360.0,
        vm_cooldown_seconds=1860.0,
        recovery_cooldown_seconds=30.0,
        migration_limit_seconds=3660.0,
        proposal_limit_seconds=660.0,
        excluded_node_ips=frozenset({"10.0.0.103", "10.0.0.104"}),
        stand_down_severity=None,
        return_ban_seconds=7260.0,
        most_moves_per_hour=13,
        act_only=(read_span("mon-fri 22:00-06:00"), read_span("sat,sun 00:00-24:00")),
        never=(read_span("daily 01:30-04:00"),),
        windows_bind_rules=False,
        failures_before_pause=4,
        failure_pause_seconds=3720.0,
        strategy=Strategy.BEST_FIT,
        level=4,
        cpu_relief_percent=65.0,
        target_margin_points=6.0,
        move_cost_points=4.5,
        gib_cost_points=0.1,
        ram_upper_percent=68.0,
        most_vcpus_per_thread=3.0,
        n_plus_one=NPlusOne.VETO,
    )


def test_best_fit_rests_for_a_minute_unless_somebody_said_otherwise() -> None:
    best_fit = change(load(None, {}, {}), {"strategy": "best-fit"})
    assert best_fit.policy().cluster_cooldown_seconds == 60.0
    assert change(best_fit, {"migration_cooldown_minutes": "5"}).policy().cluster_cooldown_seconds == 300.0
    assert load(None, {}, {}).policy().cluster_cooldown_seconds == 300.0


def test_zero_means_no_ram_trigger_and_no_limit_of_vcpus(full: Settings) -> None:
    policy = change(full, {"ram_upper_threshold_percent": "0", "most_vcpus_per_thread": "0"}).policy()
    assert (policy.ram_upper_percent, policy.most_vcpus_per_thread) == (None, None)


def test_the_severity_becomes_one_of_the_core() -> None:
    settings = change(load(None, {}, {}), {"stand_down_severity": "warning"})
    assert settings.policy().stand_down_severity is Severity.WARNING


def test_the_cluster_is_typed(full: Settings) -> None:
    cluster = full.cluster
    assert cluster.url == "https://10.0.0.101:8443"
    assert cluster.username == "balancer"
    assert cluster.verify_ssl is False
    assert cluster.ca_file == Path("/etc/ca.pem")
    assert cluster.pins == ("ab" * 32,)
    assert cluster.oidc is True
    assert cluster.request_timeout_seconds == 2.5
    assert cluster.password_command == ("print-password", "--key", "hunter2")
    assert cluster.password_file == Path("/run/secret")
    assert cluster.password_keyring is True


def test_the_console_is_typed(full: Settings) -> None:
    assert full.console == ConsoleSettings(
        theme=Theme.LIGHT,
        glyphs=Glyphs.ASCII,
        bell=False,
        on_hangup=OnHangup.HEADLESS,
        keys={"approve": "ctrl+a,f2", "help": "f1"},
    )
    assert load(None, {}, {}).console == ConsoleSettings(
        theme=Theme.DARK, glyphs=Glyphs.UNICODE, bell=True, on_hangup=OnHangup.EXIT, keys={}
    )


def test_what_is_not_set_is_none() -> None:
    cluster = load(None, {}, {}).cluster
    assert (cluster.url, cluster.ca_file, cluster.password_file) == (None, None, None)


def test_values_are_listed_in_order_with_their_sources(full: Settings) -> None:
    listed = change(full, {"mode": "auto"}).values()
    assert [setting for setting, _, _ in listed] == list(SETTINGS)
    texts = {each.setting.key: (each.text, str(each.source)) for each in listed}
    assert texts["mode"] == ("auto", "console")
    assert texts["ram_limit_percent"] == ("71.5", f"file {full.file}")
    assert texts["avg_window_minutes"][0] == "10"
    assert texts["exclude_node_ips"][0] == "10.0.0.103, 10.0.0.104"
    assert texts["act_only"][0] == "mon-fri 22:00-06:00; sat,sun 00:00-24:00"


def test_the_password_command_is_masked_only_when_it_is_set(full: Settings) -> None:
    def shown(settings: Settings) -> str:
        return next(each.text for each in settings.values() if each.setting is schema.PASSWORD_COMMAND)

    assert shown(full) == "***"
    assert shown(load(None, {}, {})) == ""


def test_an_export_loads_to_the_same_values_but_for_secrets(full: Settings, write_file: WriteFile) -> None:
    text = full.export()
    assert text.startswith("# cluster.password_command is set but left out: it may hold a secret.\n")
    again = load(write_file(text), {}, {})
    for setting in SETTINGS:
        assert again.get(setting) == (() if setting.secret else full.get(setting)), setting.key


def test_an_export_of_the_defaults_is_complete() -> None:
    tables = tomllib.loads(load(None, {}, {}).export())
    assert {(group, key) for group, table in tables.items() for key in table} == {
        (setting.group, setting.key) for setting in SETTINGS
    }


def test_no_view_of_the_settings_shows_a_secret(full: Settings) -> None:
    views = [repr(full), str(full), repr(full.cluster), repr(full.values()), full.export()]
    views += [repr(full.given(setting)) for setting in SETTINGS]
    assert not [view for view in views if "hunter2" in view]


LIVE_FILE = "[balancer]\ndry_run = false\n"
DRY_FILE = "[balancer]\ndry_run = true\n"


@pytest.mark.parametrize(
    ("text", "environ", "flags", "consent"),
    [
        ("", {}, {}, LiveConsent.DRY_RUN),
        (LIVE_FILE, {}, {}, LiveConsent.GIVEN),
        ("", {}, {"dry_run": False}, LiveConsent.GIVEN),
        ("", {"SC_DRY_RUN": "false"}, {}, LiveConsent.ARMED_BY_ENVIRONMENT),
        (DRY_FILE, {"SC_DRY_RUN": "false"}, {}, LiveConsent.ARMED_BY_ENVIRONMENT),
        (LIVE_FILE, {"SC_DRY_RUN": "false"}, {}, LiveConsent.GIVEN),
        ("", {"SC_DRY_RUN": "false"}, {"dry_run": False}, LiveConsent.GIVEN),
        (LIVE_FILE, {"SC_DRY_RUN": "true"}, {}, LiveConsent.DRY_RUN),
        (LIVE_FILE, {"SC_DRY_RUN": "false"}, {"dry_run": True}, LiveConsent.DRY_RUN),
    ],
)
def test_who_agreed_to_a_live_run(
    write_file: WriteFile, text: str, environ: dict[str, str], flags: dict[str, object], consent: LiveConsent
) -> None:
    assert load(write_file(text), environ, flags).live_consent is consent


def test_the_console_agrees_and_takes_back() -> None:
    settings = load(None, {"SC_DRY_RUN": "false"}, {})
    assert change(settings, {"dry_run": "false"}).live_consent is LiveConsent.GIVEN
    assert change(settings, {"dry_run": "true"}).live_consent is LiveConsent.DRY_RUN
