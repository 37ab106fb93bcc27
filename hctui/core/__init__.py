"""The decision: values in, values out.

Nothing below this package reads a clock, does I/O, rolls dice, awaits or logs; it imports the standard
library only. Everything that happens to a cluster is decided here and can be tested with plain values.
"""
