"""The console: shows the engine's view and sends it commands.

It sees of the rest only the core's values, the settings, and the engine's view, queries and commands; it never talks
to a cluster, and the engine does not know that it exists.
"""
