"""The shell around the core: poll, step, execute, publish.

Everything with a side effect happens here, in one task and one order, so that nothing about a decision depends on
what happened to be scheduled first. A front end sees `view`, sends `commands`, and nothing else.
"""
