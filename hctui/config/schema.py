"""The table of settings. Everything else about settings is derived from it: loading, checks, flags, the editor.

`default_config.toml` says the same in another form; a test compares the two. Checks that take more than one
setting are in `conflicts.py`. Knows no file, environment or flag that was really given.
"""

from __future__ import annotations

from typing import Any

from hctui.config import address
from hctui.config.console import BINDINGS_ALLOWED, Glyphs, OnHangup, Theme, binding
from hctui.config.kinds import (
    Boolean,
    Choice,
    Command,
    Count,
    FilePath,
    Line,
    Many,
    Number,
    Value,
    fingerprint,
    ip_text,
    window,
)
from hctui.config.notify import NOTIFY_ALLOWED, checked
from hctui.config.setting import Group, Problem, Setting
from hctui.config.wrong import WrongValue
from hctui.core import calendar
from hctui.core.model import Severity
from hctui.core.policy import Mode, NPlusOne, Strategy

NEVER = "never"
"""The word of `stand_down_severity` for "alerts never stop migrations"."""

_WEEK_MINUTES = 7 * 24 * 60


def _percent() -> Number:
    return Number("percent", 0, 100, above_minimum=True)


def _windows() -> Many:
    # A window may hold commas, between its days.
    return Many(window, calendar.ALLOWED, separator=";")


def _minutes(*, above_zero: bool = False) -> Number:
    return Number("minutes", 0, _WEEK_MINUTES, above_minimum=above_zero)


BASE_URL = Setting(
    Group.CLUSTER,
    "base_url",
    Line(address.normalise, address.ALLOWED),
    "",
    "Address of any node of the cluster; only https is spoken.",
    environment="SC_HOST",
    flag="--host",
)
USERNAME = Setting(
    Group.CLUSTER,
    "username",
    Line(str, "a user name"),
    "",
    "Name of the cluster user that hctui logs in as.",
    environment="SC_USERNAME",
    flag="--username",
)
PASSWORD_COMMAND: Setting[tuple[str, ...]] = Setting(
    Group.CLUSTER,
    "password_command",
    Command(),
    (),
    "Command that prints the password as the first line of its output.",
    secret=True,
)
PASSWORD_FILE = Setting(
    Group.CLUSTER,
    "password_file",
    FilePath(),
    "",
    "File whose first line is the password; it must be yours and readable by nobody else.",
    flag="--password-file",
)
PASSWORD_KEYRING = Setting(
    Group.CLUSTER,
    "password_keyring",
    Boolean(),
    False,
    "Whether the password is looked up in the system's keyring.",
)
VERIFY_SSL = Setting(
    Group.CLUSTER,
    "verify_ssl",
    Boolean(),
    True,
    "Whether the cluster's certificate must be trusted.",
    environment="SC_VERIFY_SSL",
    flag="--verify-ssl/--no-verify-ssl",
)
CA_FILE = Setting(
    Group.CLUSTER,
    "ca_file",
    FilePath(),
    "",
    "File of certificates (PEM) that are trusted instead of those the system trusts.",
    flag="--ca-file",
)
PINNED_FINGERPRINTS: Setting[tuple[str, ...]] = Setting(
    Group.CLUSTER,
    "pinned_fingerprints",
    Many(fingerprint, "a list of SHA-256 fingerprints, each 64 hexadecimal digits"),
    (),
    "Certificates that are trusted by their fingerprint, which suits self-signed ones.",
)
OIDC = Setting(
    Group.CLUSTER,
    "oidc",
    Boolean(),
    False,
    "Whether the cluster checks the login at its OpenID Connect server instead of by itself.",
    flag="--oidc/--no-oidc",
)
REQUEST_TIMEOUT_SECONDS = Setting(
    Group.CLUSTER,
    "request_timeout_seconds",
    Number("seconds", 0.1, 600),
    15.0,
    "How long to wait for the answer to one request.",
)
DRY_RUN = Setting(
    Group.BALANCER,
    "dry_run",
    Boolean(),
    True,
    "Whether moves are only imagined: in a dry run nothing on the cluster is ever changed.",
    environment="SC_DRY_RUN",
    flag="--dry-run/--live",
)
MODE = Setting(
    Group.BALANCER,
    "mode",
    Choice(tuple(mode.value for mode in Mode)),
    Mode.AUTO.value,
    "Who decides on a move: the balancer itself (auto), or a person each time (approve).",
    environment="SC_MODE",
    flag="--mode",
)
AVG_WINDOW_MINUTES = Setting(
    Group.BALANCER,
    "avg_window_minutes",
    _minutes(above_zero=True),
    5.0,
    "CPU load is judged by its mean over this time.",
    environment="SC_AVG_WINDOW_MINUTES",
    flag="--avg-window-minutes",
)
SAMPLE_INTERVAL_SECONDS = Setting(
    Group.BALANCER,
    "sample_interval_seconds",
    Number("seconds", 1, 3600),
    30.0,
    "Time between two looks at the cluster; it must fit into the window.",
    environment="SC_SAMPLE_INTERVAL_SECONDS",
    flag="--sample-interval-seconds",
)
RAM_LIMIT_PERCENT = Setting(
    Group.BALANCER,
    "ram_limit_percent",
    _percent(),
    70.0,
    "The most RAM of a node that may be in use once a VM has moved there.",
    environment="SC_RAM_LIMIT_PERCENT",
    flag="--ram-limit-percent",
)
CPU_UPPER_THRESHOLD_PERCENT = Setting(
    Group.BALANCER,
    "cpu_upper_threshold_percent",
    _percent(),
    80.0,
    "A node whose mean CPU load is above this is relieved.",
    environment="SC_CPU_UPPER_THRESHOLD_PERCENT",
    flag="--cpu-upper-threshold-percent",
)
CPU_LOWER_THRESHOLD_PERCENT = Setting(
    Group.BALANCER,
    "cpu_lower_threshold_percent",
    _percent(),
    50.0,
    "A node whose mean CPU load is below this may take a VM; it must be below the upper threshold.",
    environment="SC_CPU_LOWER_THRESHOLD_PERCENT",
    flag="--cpu-lower-threshold-percent",
)
MIGRATION_COOLDOWN_MINUTES = Setting(
    Group.BALANCER,
    "migration_cooldown_minutes",
    _minutes(),
    5.0,
    "How long the whole cluster rests after a migration has ended.",
    environment="SC_MIGRATION_COOLDOWN_MINUTES",
    flag="--migration-cooldown-minutes",
)
VM_MOVE_COOLDOWN_MINUTES = Setting(
    Group.BALANCER,
    "vm_move_cooldown_minutes",
    _minutes(),
    30.0,
    "How long a VM stays where it is after it has been moved.",
    environment="SC_VM_MOVE_COOLDOWN_MINUTES",
    flag="--vm-move-cooldown-minutes",
)
RECOVERY_COOLDOWN_MINUTES = Setting(
    Group.BALANCER,
    "recovery_cooldown_minutes",
    _minutes(),
    15.0,
    "How long nothing is moved once the cluster is well again after it was not.",
    environment="SC_RECOVERY_COOLDOWN_MINUTES",
    flag="--recovery-cooldown-minutes",
)
EXCLUDE_NODE_IPS: Setting[tuple[str, ...]] = Setting(
    Group.BALANCER,
    "exclude_node_ips",
    Many(ip_text, "a list of IP addresses"),
    (),
    "LAN addresses of nodes that no VM is moved to or from.",
    environment="SC_EXCLUDE_NODE_IPS",
    flag="--exclude-node-ips",
)
MIGRATION_LIMIT_MINUTES = Setting(
    Group.BALANCER,
    "migration_limit_minutes",
    _minutes(above_zero=True),
    60.0,
    "A migration whose end cannot be seen is given up after this time.",
)
PROPOSAL_LIMIT_MINUTES = Setting(
    Group.BALANCER,
    "proposal_limit_minutes",
    _minutes(above_zero=True),
    10.0,
    "A proposed move that nobody answers expires after this time.",
)
STAND_DOWN_SEVERITY = Setting(
    Group.BALANCER,
    "stand_down_severity",
    Choice((*(word.value for word in Severity if word.rank <= Severity.WARNING.rank), NEVER)),
    Severity.CRITICAL.value,
    "An alert of the cluster that is this bad or worse stops automatic moves.",
)
NOTIFY: Setting[tuple[str, ...]] = Setting(
    Group.BALANCER,
    "notify",
    Many(checked, NOTIFY_ALLOWED, separator=";", private=True),
    (),
    "Commands that are run, or webhooks that are called, when something happens.",
    secret=True,
)
JOURNAL_KEEP_DAYS = Setting(
    Group.BALANCER,
    "journal_keep_days",
    Number("days", 1, 3650),
    30.0,
    "Samples and decisions older than this are deleted from the journal; migrations and orders are kept.",
)
RETURN_BAN_MINUTES = Setting(
    Group.BALANCER,
    "return_ban_minutes",
    _minutes(),
    120.0,
    "How long a VM is not moved back for load to a node that it left; 0 is no such ban.",
)
MOST_MOVES_PER_HOUR = Setting(
    Group.BALANCER,
    "most_moves_per_hour",
    Count(0, 1000),
    12,
    "After so many moves within an hour, by hand included, none is made automatically; 0 is no limit.",
)
ACT_ONLY: Setting[tuple[str, ...]] = Setting(
    Group.BALANCER,
    "act_only",
    _windows(),
    (),
    "Windows of the week, in local time, in which automatic moves are made; without any, at all times.",
)
NEVER_ACT: Setting[tuple[str, ...]] = Setting(
    Group.BALANCER,
    "never",
    _windows(),
    (),
    "Windows of the week, in local time, in which no automatic move is made, such as those of backups.",
)
WINDOWS_BIND_RULES = Setting(
    Group.BALANCER,
    "windows_bind_rules",
    Boolean(),
    True,
    "Whether moves that mend a rule wait for these windows as well, and not only those for load.",
)
FAILURES_BEFORE_PAUSE = Setting(
    Group.BALANCER,
    "failures_before_pause",
    Count(0, 100),
    3,
    "After so many migrations that failed in a row the balancer pauses; 0 is never.",
)
FAILURE_PAUSE_MINUTES = Setting(
    Group.BALANCER,
    "failure_pause_minutes",
    _minutes(),
    60.0,
    "How long that pause lasts unless a person ends it; 0 is until a person does.",
)
STRATEGY = Setting(
    Group.BALANCER,
    "strategy",
    Choice(tuple(strategy.value for strategy in Strategy)),
    Strategy.DOCUMENTED.value,
    "How load is balanced: by the documented rule, or by weighing all moves against each other (best-fit).",
    flag="--strategy",
)
LEVEL = Setting(
    Group.BALANCER,
    "level",
    Count(1, 5),
    3,
    "How readily best-fit moves VMs for load: 1 is for rules only, 5 evens out below the threshold as well.",
    flag="--level",
)
CPU_RELIEF_PERCENT = Setting(
    Group.BALANCER,
    "cpu_relief_percent",
    _percent(),
    60.0,
    "Best-fit brings a hot node down to this, or to the mean of the cluster where that is higher.",
)
TARGET_MARGIN_POINTS = Setting(
    Group.BALANCER,
    "target_margin_points",
    Number("points", 0, 50),
    8.0,
    "Under best-fit a target stays so many percentage points below the upper threshold, with the VM on it.",
)
MOVE_COST_POINTS = Setting(
    Group.BALANCER,
    "move_cost_points",
    Number("points", 0, 100),
    5.0,
    "Under best-fit a move must relieve a node by more percentage points of CPU than this.",
)
GIB_COST_POINTS = Setting(
    Group.BALANCER,
    "gib_cost_points",
    Number("points", 0, 10),
    0.2,
    "Under best-fit, by so many more percentage points for every GiB of RAM that a move has to copy.",
)
RAM_UPPER_THRESHOLD_PERCENT = Setting(
    Group.BALANCER,
    "ram_upper_threshold_percent",
    Number("percent", 0, 100),
    0.0,
    "Under best-fit a node with more RAM in use is relieved of RAM; 0 is never.",
)
MOST_VCPUS_PER_THREAD = Setting(
    Group.BALANCER,
    "most_vcpus_per_thread",
    Number("vCPUs per thread", 0, 100),
    0.0,
    "The most vCPUs per hardware thread that a node may have once best-fit has moved a VM there; 0 is no limit.",
)
N_PLUS_ONE = Setting(
    Group.BALANCER,
    "n_plus_one",
    Choice(tuple(word.value for word in NPlusOne)),
    NPlusOne.WARN.value,
    "What best-fit does about a move after which the cluster could not do without one of its nodes.",
)
THEME = Setting(
    Group.CONSOLE,
    "theme",
    Choice(tuple(each.value for each in Theme)),
    Theme.DARK.value,
    "Colours of the console: for a dark or a light background, or the sixteen of the terminal itself (ansi).",
    flag="--theme",
)
GLYPHS = Setting(
    Group.CONSOLE,
    "glyphs",
    Choice(tuple(each.value for each in Glyphs)),
    Glyphs.UNICODE.value,
    "What lines, bars and marks are drawn with; ascii suits every terminal and font.",
    flag="--glyphs",
)
BELL = Setting(
    Group.CONSOLE,
    "bell",
    Boolean(),
    True,
    "Whether the terminal's bell rings once for a new proposal.",
)
ON_HANGUP = Setting(
    Group.CONSOLE,
    "on_hangup",
    Choice(tuple(each.value for each in OnHangup)),
    OnHangup.EXIT.value,
    "What happens when the terminal goes away: hctui ends (exit), or goes on without a console (headless).",
    flag="--on-hangup",
)
KEYS: Setting[tuple[str, ...]] = Setting(
    Group.CONSOLE,
    "keys",
    Many(binding, BINDINGS_ALLOWED),
    (),
    "Keys that actions of the console have instead of their usual ones.",
)

SETTINGS: tuple[Setting[Any], ...] = (
    BASE_URL,
    USERNAME,
    PASSWORD_COMMAND,
    PASSWORD_FILE,
    PASSWORD_KEYRING,
    VERIFY_SSL,
    CA_FILE,
    PINNED_FINGERPRINTS,
    OIDC,
    REQUEST_TIMEOUT_SECONDS,
    DRY_RUN,
    MODE,
    AVG_WINDOW_MINUTES,
    SAMPLE_INTERVAL_SECONDS,
    RAM_LIMIT_PERCENT,
    CPU_UPPER_THRESHOLD_PERCENT,
    CPU_LOWER_THRESHOLD_PERCENT,
    MIGRATION_COOLDOWN_MINUTES,
    VM_MOVE_COOLDOWN_MINUTES,
    RECOVERY_COOLDOWN_MINUTES,
    EXCLUDE_NODE_IPS,
    MIGRATION_LIMIT_MINUTES,
    PROPOSAL_LIMIT_MINUTES,
    STAND_DOWN_SEVERITY,
    RETURN_BAN_MINUTES,
    MOST_MOVES_PER_HOUR,
    ACT_ONLY,
    NEVER_ACT,
    WINDOWS_BIND_RULES,
    FAILURES_BEFORE_PAUSE,
    FAILURE_PAUSE_MINUTES,
    STRATEGY,
    LEVEL,
    CPU_RELIEF_PERCENT,
    TARGET_MARGIN_POINTS,
    MOVE_COST_POINTS,
    GIB_COST_POINTS,
    RAM_UPPER_THRESHOLD_PERCENT,
    MOST_VCPUS_PER_THREAD,
    N_PLUS_ONE,
    JOURNAL_KEEP_DAYS,
    NOTIFY,
    THEME,
    GLYPHS,
    BELL,
    ON_HANGUP,
    KEYS,
)
BY_KEY = {setting.key: setting for setting in SETTINGS}


def check_field(key: str, text: str) -> Value | Problem:
    """Read what was typed for one setting. Says nothing of how it goes with the other settings.

    Raises:
        KeyError: there is no such setting.
    """
    setting = BY_KEY[key]
    try:
        value: Value = setting.kind.from_text(text)
    except WrongValue as wrong:
        return Problem(wrong.reason)
    return value
