"""The first run: from an address to a settings file, one step at a time, in an application of its own.

It asks before there is an engine, so it knows only probes, settings and the core's values. Whoever starts it gets a
value back and decides what to start next.
"""

from hctui.tui.first_run.app import FirstRunApp
from hctui.tui.first_run.draft import Configured, Demo, Suggestions, suggestions_of

__all__ = ["Configured", "Demo", "FirstRunApp", "Suggestions", "suggestions_of"]
