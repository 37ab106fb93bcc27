"""What several files here need: a simulated cluster that is served by a process of its own."""

from __future__ import annotations

from tests.end_to_end.test_program import cluster

__all__ = ["cluster"]
