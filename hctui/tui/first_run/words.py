"""Every sentence of the first run that is made from values. Pure; what a widget says of itself stands with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from hctui.config import Problem, check_field
from hctui.core.wording import count, listing
from hctui.engine.probes import CertificateSeen, Greeting, Voucher
from hctui.tui.first_run.draft import Draft, Keeping, Place

Rows = tuple[tuple[str, str], ...]
"""A name and what is said of it, one row each."""


def address_problem(text: str) -> str:
    """Why this is no address, in a sentence; empty if it is one."""
    if not text.strip():
        return "Type the address of any node of the cluster."
    read = check_field("base_url", text)
    return f"The address {read.reason}." if isinstance(read, Problem) else ""


def normalised(text: str) -> str:
    """The address as it will be used; empty while it is none."""
    return "" if address_problem(text) else str(check_field("base_url", text))


def username_problem(text: str) -> str:
    """Why this is no user name, in a sentence; empty if it is one."""
    if not text.strip():
        return "Type the name of the cluster user."
    read = check_field("username", text)
    return f"The user name {read.reason}." if isinstance(read, Problem) else ""


def certificate_rows(seen: CertificateSeen, now: float) -> Rows:
    """What the certificate says, with the fingerprint in lines that can be compared."""
    first, *more = seen.fingerprint_lines
    issuer = "itself" if seen.self_signed else seen.issuer or "not said"
    return (
        ("SHA-256", first),
        *(("", line) for line in more),
        ("issued to", seen.subject or "not said"),
        ("signed by", issuer),
        ("valid", _validity(seen, now)),
    )


def _validity(seen: CertificateSeen, now: float) -> str:
    if seen.valid_from is None or seen.valid_until is None:
        return "not said"
    span = f"{_date(seen.valid_from)} to {_date(seen.valid_until)}"
    if now > seen.valid_until:
        return f"{span}: EXPIRED"
    return f"{span}: NOT YET VALID" if now < seen.valid_from else span


def _date(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def certificate_advice(seen: CertificateSeen) -> str:
    """What the person has to decide, and how."""
    match seen.voucher:
        case Voucher.SYSTEM:
            return (
                "A certificate authority that this machine trusts vouches for it, so there is nothing to compare and "
                "nothing to pin."
            )
        case Voucher.CA_FILE:
            return "An authority in your ca_file vouches for it, so there is nothing to compare and nothing to pin."
    return (
        "No authority that this machine trusts vouches for it; only you can. Open the cluster's own web interface, "
        f"{seen.address}, over a network that you trust, let the browser show its certificate, and compare the "
        "SHA-256 fingerprint. Say yes only if all of it is the same: whoever owns this certificate gets the password."
    )


def greeting_rows(greeting: Greeting, username: str) -> Rows:
    """What the cluster told after the login."""
    roles = f" with {listing(list(greeting.roles))}" if greeting.roles else ""
    return (
        ("cluster", f"{greeting.cluster_name}, HyperCore {greeting.version}"),
        ("size", f"{count(greeting.nodes, 'node')}, {count(greeting.vms, 'VM')}"),
        ("account", f"{username}{roles}"),
        ("migrations", _PERMISSION[greeting.may_migrate]),
        ("answer", f"took {greeting.latency_seconds * 1000:.0f} ms"),
    )


_PERMISSION: Mapping[bool | None, str] = {
    True: "allowed",
    False: "NOT ALLOWED. Enough for a dry run; to act, the account needs the role VM Power Controls.",
    None: "not known: the roles of the account could not be read. To act, it needs VM Power Controls.",
}

PLACE_LABELS: Mapping[Place, str] = {
    Place.PROMPT: "ask me at each start",
    Place.COMMAND: "a command, such as that of a password store",
    Place.FILE: "a file that only I can read",
    Place.KEYRING: "the keyring of this system",
    Place.ENVIRONMENT: "the environment variable SC_PASSWORD",
}

PLACE_ADVICE: Mapping[Place, str] = {
    Place.PROMPT: "Nothing is kept. hctui cannot start by itself then, after a reboot for example.",
    Place.COMMAND: "It runs at each start, without a shell; the first line of its output is the password. It must not "
    "ask anything on this terminal. It is tried now, and what it prints is compared with the password that worked.",
    Place.FILE: "Its first line is the password. A file that exists is used as it is, and tried now.",
    Place.KEYRING: "hctui stores it there, for this user and cluster, and looks it up at each start. The keyring "
    "has to be unlocked then.",
    Place.ENVIRONMENT: "Set it where hctui is started. In bash or zsh, so that it stays out of the history:\n\n"
    "  read -rs SC_PASSWORD && export SC_PASSWORD\n\n"
    "For a unit of systemd, LoadCredential=hctui-password:FILE is better.",
}

OVERRIDDEN = "SC_PASSWORD is set here and comes before every other place, as long as it is set."


def keeping_problem(place: Place, text: str) -> str:
    """Why the field of this place cannot be used, in a sentence; empty if it can."""
    if place is Place.COMMAND:
        if not text.strip():
            return "Type the command."
        read = check_field("password_command", text)
        return f"It {read.reason}." if isinstance(read, Problem) else ""
    if place is Place.FILE:
        if not text.strip():
            return "Type the path of the file."
        read = check_field("password_file", text)
        return f"The path {read.reason}." if isinstance(read, Problem) else ""
    return ""


def password_path(text: str, folder: Path) -> Path:
    """The whole path of a password file, as the settings file means it: relative ones start at its folder."""
    return folder.absolute() / str(check_field("password_file", text.strip()))


def password_told(keeping: Keeping) -> str:
    """Where the password goes, for the summary."""
    match keeping.place:
        case Place.FILE if keeping.is_to_be_written:
            return (
                f"The password is not in it. It will be written to {keeping.text}, which only you can read."
            )
        case Place.FILE:
            return f"The password is not in it. It is read from {keeping.text}, which was tried."
        case Place.COMMAND:
            return "The password is not in it. The command that prints it was tried; it is masked here."
        case Place.KEYRING:
            return "The password is not in it. It is stored in the keyring of this system."
        case Place.ENVIRONMENT:
            return "The password is not in it. Next time it comes from SC_PASSWORD; this time hctui remembers it."
    return "The password is not in it. hctui asks for it next time; this time it remembers it."


def file_told(path: Path, *, exists: bool) -> str:
    """What happens to the settings file."""
    if exists:
        return f"{path} exists. These lines are put in, everything else in it stays:"
    return (
        f"{path} will be written, readable by you only. Every setting is explained in it, and these are set:"
    )


def dry_run_told(*, is_live: bool) -> str:
    """Whether anything will be migrated."""
    if is_live:
        return "This start is LIVE, because a flag says so: hctui will migrate VMs."
    return "The dry run is on: hctui shows what it would do and changes nothing on the cluster until you make it live."


def written_told(draft: Draft, path: Path) -> str:
    """The last sentence."""
    name = draft.greeting.cluster_name if draft.greeting else draft.address
    return f"{path} is written. The console opens next, on {name}."
