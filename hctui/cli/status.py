"""`hctui status`: how the balancers of this host are, for people and for monitoring. It asks no cluster."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hctui.cli.options import loaded, settings_flags
from hctui.cli.printing import tell, width
from hctui.core.decision import Outcome
from hctui.core.wrapping import Block, indented, wrapped

if TYPE_CHECKING:
    from hctui.cli.health import Condition
    from hctui.cli.running import Running
    from hctui.core.policy import Policy
    from hctui.journal import JournalInfo

MOST_WAITS = 5
"""So many of what rests is told as text; the rest is counted."""

_SENTENCES = re.compile(r"(?<=\.) ")
"""What stands between two of them."""


@click.command(short_help="Say how the running hctui is.")
@settings_flags()
@click.option(
    "--cluster", "named", metavar="NAME|ADDRESS", help="Only this one of the clusters of this host."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a cluster, each on a line of its own.")
def status(config_file: Path | None, named: str | None, as_json: bool) -> int:
    """Say how each balancer of this host is: mode, last decision and why, what is under way, what waits, what rests.

    Exit code 0 if all are well; 1 if one is not: it cannot read its cluster, stands down, is paused after failures, its
    data is old, it cannot write its journal, or it is live and its account may not migrate; 2 if none runs for a
    cluster that was balanced from here, or it cannot be told.
    """
    found = conditions_of_this_host(loaded(config_file, {}).policy(), named)
    conditions = found or [_nobody(named)]
    if as_json:
        for condition in conditions:
            click.echo(json.dumps({**asdict(condition), "health": condition.health.name.lower()}))
    elif found:
        click.echo("\n\n".join("\n".join(as_text(each, time.time(), width())) for each in found))
    else:
        tell(*conditions[0].problems)
    return max(condition.health for condition in conditions).value


def _nobody(named: str | None) -> Condition:
    """How it is where no hctui runs and none ran, for a name or for any."""
    from hctui.cli.health import Condition, Health

    told = f"No hctui runs on this host{f' for {named}' if named else ''}, and none has left a journal."
    return Condition(named or "", (), Health.UNKNOWN, (told,))


def conditions_of_this_host(policy: Policy, named: str | None) -> list[Condition]:
    """How each balancer is that runs here, then each that ran; all, or those of one name.

    `policy` is what the settings say, for what a journal does not tell.
    """
    from hctui.cli.running import running, spellings
    from hctui.config import paths
    from hctui.journal import journals

    names = spellings(named) if named else ()
    infos = journals(paths.state_folder())
    engines = [(each, _all_names(each, infos)) for each in running()]
    alive = frozenset[str]().union(*(known for _, known in engines))
    meant = [each for each, known in engines if not names or not known.isdisjoint(names)]
    asleep = [
        info
        for info in infos
        if info.cluster_id not in alive and (not names or not _names(info).isdisjoint(names))
    ]
    return [*map(_asked, meant), *(_read(info, policy) for info in asleep)]


def _names(info: JournalInfo) -> frozenset[str]:
    return frozenset({info.cluster_id, info.cluster_name, *info.addresses})


def _all_names(engine: Running, infos: Iterable[JournalInfo]) -> frozenset[str]:
    """The names of an engine's cluster; before first contact, when it knows an address only, also its journals' names.

    Otherwise the same cluster would be told of twice, and the second time that nobody balances it.
    """
    if engine.found.hello.cluster_id:
        return engine.names
    return engine.names.union(*(_names(info) for info in infos if engine.has(info.addresses)))


def _asked(engine: Running) -> Condition:
    """How an engine is, by its own words."""
    from hctui.cli.conversation import looked_at
    from hctui.cli.health import Condition, Health, of_engine
    from hctui.engine.remote_client import NotReached

    hello = engine.found.hello
    addresses = tuple(sorted(engine.names - {hello.cluster_id, hello.cluster_name}))
    try:
        look = looked_at(engine.found.path)
    except NotReached as error:
        return Condition(
            engine.label, addresses, Health.UNKNOWN, (str(error),), pid=hello.pid, version=hello.version
        )
    return of_engine(
        look.view, look.lines, look.now, pid=hello.pid, version=hello.version, addresses=addresses
    )


def _read(info: JournalInfo, policy: Policy) -> Condition:
    """How an engine was, by its journal; nobody answers for it now."""
    from hctui.cli.health import Condition, Health, of_journal
    from hctui.cli.running import lock_of
    from hctui.journal import JournalError
    from hctui.journal.lock import holder
    from hctui.journal.memory import read_memory, read_names
    from hctui.journal.traces import read_decision_at

    if pid := holder(lock_of(info.path)):
        told = f"Process {pid} balances it, and does not answer at a socket; its log may say why."
        return Condition(info.cluster_name, info.addresses, Health.UNKNOWN, (told,), pid=int(pid))
    now = time.time()
    try:
        state, decision = read_memory(info.path), read_decision_at(info.path, now)
        names = read_names(info.path)
    except JournalError as error:
        return Condition(info.cluster_name, info.addresses, Health.UNKNOWN, (str(error),))
    return of_journal(info.cluster_name, info.addresses, state, decision, policy, now, names)


def as_text(condition: Condition, now: float, columns: int | None = None) -> list[str]:
    """A condition as lines; `now` in Unix seconds, for ages; `columns` as in `wrapped`."""
    return wrapped(_blocks(condition, now), columns)


def _blocks(condition: Condition, now: float) -> Iterator[Block]:
    from hctui.cli.health import Health

    words = {Health.WELL: "well", Health.UNWELL: "NOT WELL", Health.UNKNOWN: "NOT KNOWN"}
    process = f", process {condition.pid}" if condition.pid else ""
    yield Block(f"{condition.cluster}: {words[condition.health]}{process}")
    yield from (indented(problem, 2) for problem in condition.problems)
    facts = {
        "asked via": _via(condition, now),
        "not asked": " ".join(condition.not_used),
        "mode": _switches(condition),
        "data": _age(condition.data_at, now),
        "decided": _age(condition.decided_at, now),
        "decision": _decision(condition),
        "drain": condition.drain,
        "migration": condition.migration,
        "proposal": _proposal(condition),
        "resting": _waits(condition),
        "last error": _error(condition, now),
    }
    for name, fact in facts.items():
        if fact:
            yield Block(fact, f"  {name:<10}  ", " " * 14)


def _via(condition: Condition, now: float) -> str | None:
    """Which node is asked instead of the configured address, and why; nothing while that is asked."""
    if condition.via is None:
        return None
    since = _age(condition.via_since, now)
    left = f", since the configured address was left {since}" if since else ""
    return f"{condition.via}{left}. What is wrong there: {condition.via_why}"


def _decision(condition: Condition) -> str | None:
    """What it came to, and why; the sentence alone where it begins with that, and nothing that is told already."""
    outcome = condition.outcome or ""
    sentence = _not_told(condition.sentence or "", condition.problems)
    if condition.pid is None and condition.outcome == Outcome.WATCHING:
        return None  # that was then; the migration has a line of its own
    if not sentence:
        return outcome
    return sentence if sentence.lower().startswith(outcome) else f"{outcome}: {sentence}"


def _error(condition: Condition, now: float) -> str | None:
    if not condition.error:
        return None
    return f"{_age(condition.error_at, now)}: {_not_told(condition.error, condition.problems) or 'as above.'}"


def _not_told(text: str, told: Iterable[str]) -> str:
    """Those sentences of a text that are not told above it: one error may be many lines long."""
    known = {sentence for each in told for sentence in _SENTENCES.split(each)}
    return " ".join(sentence for sentence in _SENTENCES.split(text) if sentence not in known)


def _switches(condition: Condition) -> str | None:
    if condition.mode is None:
        return None
    dry = "DRY RUN" if condition.dry_run else "LIVE"
    return f"{dry}, {condition.mode}{', PAUSED' if condition.paused else ''}"


def _age(at: float | None, now: float) -> str | None:
    from hctui.core.wording import duration

    return None if at is None else f"{duration(now - at)} ago"


def _proposal(condition: Condition) -> str | None:
    from hctui.core.wording import duration

    waiting = condition.proposal
    if waiting is None:
        return None
    number, left = waiting.id, duration(waiting.seconds)
    return f"{number}: {waiting.move}, for {left} more. `hctui approve {number}` or `hctui reject {number}`."


def _waits(condition: Condition) -> str | None:
    from hctui.core.wording import duration

    told = [f"{each.what} for {duration(each.seconds)}" for each in condition.waits[:MOST_WAITS]]
    more = len(condition.waits) - len(told)
    return ", ".join([*told, *([f"{more} more"] if more else [])]) or None
