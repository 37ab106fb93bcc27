"""Weeks in minutes: `python -m tests.endurance [--days 30] [--seed N]`.

A simulated cluster lives for so long with troubles drawn from the seed, and the balancer with it, restarted now and
then. Prints what did not hold, and exits with 1 if there is anything. Without a seed one is chosen, and printed.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.endurance.life import Life


def main() -> int:
    """Live, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description="A long life.")
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    print(f"{asked.days:g} days, seed {seed}", flush=True)
    begun = time.process_time()
    with TemporaryDirectory() as folder:
        life = Life(Path(folder), seed, asked.days * 24)
        asyncio.run(life.live())
        migrations = len(life.world.cluster.ended_migrations)
        print(
            f"{life.restarts} runs, {len(life.requested())} migrations requested, {migrations} ended on the cluster, "
            f"{time.process_time() - begun:.0f} s of CPU"
        )
    first, last = life.readings[min(3, len(life.readings) - 1)], life.readings[-1]
    growth = 100.0 * (last.objects / first.objects - 1)
    print(
        f"objects: {first.objects:,} after {first.hours:.0f} h, {last.objects:,} after {last.hours:.0f} h "
        f"({growth:+.1f} %; the simulated cluster keeps a book of everything)"
    )
    for sentence in life.wrong:
        print("WRONG:", sentence)
    return int(bool(life.wrong))


if __name__ == "__main__":
    raise SystemExit(main())
