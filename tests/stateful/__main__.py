"""Many lives at once: `python -m tests.stateful [--examples 2000] [--steps 50] [--seed N]`.

Each example is a cluster, the processes that balance it, and a sequence of whatever may happen to them, drawn from the
seed. Prints what was done, or the shortest sequence that breaks something, and exits with 1 then. Without a seed one
is chosen, and printed.
"""

from __future__ import annotations

import argparse
import secrets
import time

import hypothesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.machine import STEPS, Machine


def main() -> int:
    """Live, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.stateful", description="Anything in any order.")
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    print(f"{asked.examples} examples of at most {asked.steps} steps, seed {seed}", flush=True)
    chosen = settings(
        max_examples=asked.examples,
        stateful_step_count=asked.steps,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    begun = time.process_time()
    try:
        run_state_machine_as_test(hypothesis.seed(seed)(Machine), settings=chosen)
    finally:
        done = ", ".join(f"{name} {number:,}" for name, number in sorted(STEPS.items()))
        print(f"{time.process_time() - begun:.0f} s of CPU; {done}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
