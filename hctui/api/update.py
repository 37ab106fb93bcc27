"""Whether the cluster is installing an update, concluded from its status file. Pure; knows no HTTP.

The file lies beside the REST API and describes the latest update. It is missing where none was ever installed,
and out of reach now and then while one is: not being able to read it is not "no".
"""

from __future__ import annotations

import msgspec

from hctui.api.text import harmless
from hctui.api.wire import UPDATE_FILE, PrepareStatus, UpdateFile
from hctui.core.model import UpdateStatus, UpdateVerdict

_INSTALLATION_OVER = frozenset({"", "COMPLETE", "TERMINATING", "TERMINATED"})
_PREPARATION_OVER = frozenset({"", "COMPLETE"})


def update_status(http_status: int, body: bytes) -> UpdateStatus:
    """The verdict on an answer to `GET /update/update_status.json`.

    Args:
        http_status: 404 means that the cluster was never updated.
        body: the file; looked at only with status 200.
    """
    if http_status == 404:
        return UpdateStatus(UpdateVerdict.INACTIVE, "The cluster has never been updated.")
    if http_status != 200:
        return unreadable(f"HTTP {http_status}")
    try:
        file = UPDATE_FILE.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return unreadable("the file has another form")
    if file.prepareStatus is None and file.updateStatus is None:
        return unreadable("the file names no state")
    return _verdict(file)


def unreadable(reason: str) -> UpdateStatus:
    """The verdict when the file cannot be had or makes no sense, for this reason."""
    return UpdateStatus(UpdateVerdict.UNKNOWN, f"The update status cannot be read: {reason}.")


def _verdict(file: UpdateFile) -> UpdateStatus:
    installation = file.updateStatus.masterState or "" if file.updateStatus else ""
    prepare = file.prepareStatus
    preparation = (prepare.state if isinstance(prepare, PrepareStatus) else prepare) or ""
    if _word(installation) not in _INSTALLATION_OVER:
        return UpdateStatus(UpdateVerdict.ACTIVE, f"An update is being installed ({harmless(installation)}).")
    if _word(preparation) not in _PREPARATION_OVER:
        return UpdateStatus(UpdateVerdict.ACTIVE, f"An update is being prepared ({harmless(preparation)}).")
    return UpdateStatus(UpdateVerdict.INACTIVE, "No update is being installed.")


def _word(text: str) -> str:
    return text.strip().upper()
