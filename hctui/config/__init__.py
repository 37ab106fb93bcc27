"""Settings: one table of them, four sources and the console's, a file with comments, and where a password is found.

Everything is derived from the table in `schema.py`. In this package nobody knows of click, of the console, or of
what a setting does to the cluster; and what only an edit or a keyring needs is loaded when there is one.
"""

from hctui.config.console import ConsoleSettings, Glyphs, OnHangup, Theme
from hctui.config.credentials import find_password, password_source
from hctui.config.errors import CredentialsError, FolderError, NotWritten, SettingsError
from hctui.config.loading import change, load, reloaded
from hctui.config.saving import Edit, edit, foreseen, locked, save, write_config
from hctui.config.schema import BY_KEY, SETTINGS, check_field
from hctui.config.setting import Group, Problem, Setting
from hctui.config.settings import ClusterSettings, LiveConsent, Settings, Shown
from hctui.config.source import Source, SourceKind
from hctui.config.system_keyring import store_in_keyring
from hctui.config.template import default_config_text, write_default

__all__ = [
    "BY_KEY",
    "SETTINGS",
    "ClusterSettings",
    "ConsoleSettings",
    "CredentialsError",
    "Edit",
    "FolderError",
    "Glyphs",
    "Group",
    "LiveConsent",
    "NotWritten",
    "OnHangup",
    "Problem",
    "Setting",
    "Settings",
    "SettingsError",
    "Shown",
    "Source",
    "SourceKind",
    "Theme",
    "change",
    "check_field",
    "default_config_text",
    "edit",
    "find_password",
    "foreseen",
    "load",
    "locked",
    "password_source",
    "reloaded",
    "save",
    "store_in_keyring",
    "write_config",
    "write_default",
]
