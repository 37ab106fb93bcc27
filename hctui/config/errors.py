"""The errors of this package, fit to be shown. Knows nothing of where they are printed or what they end."""

from __future__ import annotations

from collections.abc import Sequence

from hctui.core.errors import HctuiError

CREDENTIAL_PLACES = (
    "the environment variable SC_PASSWORD, a systemd credential named hctui-password, "
    "cluster.password_command, cluster.password_file, the system's keyring (cluster.password_keyring), or the prompt"
)
"""Where a password may come from, to complete a sentence."""


class SettingsError(HctuiError):
    """The settings cannot be used. `problems` are whole sentences, one for each thing that is wrong."""

    title = "Wrong settings"

    def __init__(self, problems: Sequence[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            detail = self.problems[0]
        else:
            detail = "\n".join([f"{len(self.problems)} problems", *self.problems])
        super().__init__(detail, hint=hint)


class NotWritten(SettingsError):
    """A settings file was not written, and whatever was there is as it was."""

    title = "The settings file was not written"


class CredentialsError(HctuiError):
    """No password could be had, or only in a way that is not safe. Never contains one."""

    title = "No password"


class FolderError(HctuiError):
    """A folder of ours cannot be made, or others could meddle with it."""

    title = "Folder cannot be used"
