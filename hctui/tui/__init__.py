"""The console: shows the engine's view and sends it commands.

It sees of the rest only the core's values, the settings, and the engine's view, queries and commands; it never talks
to a cluster, and the engine does not know that it exists.
"""

import os

# Textual draws what has changed at most this often, and waits up to twice that time to do so: 33 ms at its own 60 a
# second, which is most of what a key takes. It reads this once, when it is first loaded; who has set it knows why.
os.environ.setdefault("TEXTUAL_FPS", "120")
