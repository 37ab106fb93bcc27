"""Settings: one table of them, four sources and the console's, a file with comments, and where a password is found.

Everything is derived from the table in `schema.py`. Below this package nobody knows of click, of the console, or of
what a setting does to the cluster.
"""

from hctui.config.credentials import find_password
from hctui.config.errors import CredentialsError, FolderError, SettingsError
from hctui.config.loading import change, load
from hctui.config.schema import BY_KEY, SETTINGS, Group, Problem, Setting, check_field
from hctui.config.settings import ClusterSettings, LiveConsent, Settings, Shown
from hctui.config.source import Source, SourceKind
from hctui.config.template import default_config_text, write_default

__all__ = [
    "BY_KEY",
    "SETTINGS",
    "ClusterSettings",
    "CredentialsError",
    "FolderError",
    "Group",
    "LiveConsent",
    "Problem",
    "Setting",
    "Settings",
    "SettingsError",
    "Shown",
    "Source",
    "SourceKind",
    "change",
    "check_field",
    "default_config_text",
    "find_password",
    "load",
    "write_default",
]
