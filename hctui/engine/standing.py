"""What a person ordered before the cluster was known, on disk: one small file for each address.

A journal belongs to a cluster, and which one that is, only the cluster can say. Until it does, that hctui is paused or
held in a dry run, and who ordered it, must survive the end of the program all the same. Decides nothing; does not know
who asks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import astuple
from pathlib import Path

from hctui.config.errors import FolderError
from hctui.config.paths import create_folder
from hctui.config.publishing import publish
from hctui.core.commands import Ordered
from hctui.core.state import Standing
from hctui.journal.errors import JournalError

_NOTHING = Standing()


def standing_path(folder: Path, address: str) -> Path:
    """Where the orders lie for the cluster at an address, as the settings write it."""
    return folder / f"ordered-{hashlib.sha256(address.encode()).hexdigest()[:32]}.json"


def read_standing(folder: Path, address: str) -> tuple[Standing, tuple[Ordered, ...]]:
    """What was ordered for this address and is in no journal yet; nothing if there is no such file.

    Returns:
        What holds, and the orders for the record, the oldest first.

    Raises:
        JournalError: there is one that makes no sense. To go on would be to forget a pause.
    """
    path = standing_path(folder, address)
    try:
        found = json.loads(path.read_bytes())
        standing = Standing(paused=found["paused"] is True, dry_run_held=found["dry_run_held"] is True)
        orders = tuple(Ordered(float(at), str(who), str(what)) for at, who, what in found.get("orders", ()))
    except FileNotFoundError:
        return _NOTHING, ()
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise JournalError(
            f"{path} should say whether hctui is paused, and does not.",
            hint="Delete it to go on without; then look whether hctui is to be paused or kept in a dry run.",
        ) from error
    return standing, orders


def write_standing(folder: Path, address: str, standing: Standing, orders: Collection[Ordered] = ()) -> None:
    """Write down what was ordered, on the disk itself, readable by its owner only; remove the file if it is nothing.

    Raises:
        JournalError: it cannot be written.
    """
    path = standing_path(folder, address)
    try:
        if standing == _NOTHING and not orders:
            path.unlink(missing_ok=True)
            return
        content = {
            "address": address,
            "paused": standing.paused,
            "dry_run_held": standing.dry_run_held,
            "orders": [astuple(each) for each in orders],
        }
        create_folder(folder)
        publish(json.dumps(content).encode(), path, replace=True)
    except FolderError as error:
        raise JournalError(str(error)) from error
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}.") from error
