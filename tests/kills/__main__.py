"""Kill it again and again: `python -m tests.kills [--count 50] [--seed N]`.

`hctui run --live` works on a simulated cluster over TLS in real time, is killed at a moment drawn from the seed and
begun again on the same journal, so often. Prints what did not hold, and exits with 1 if there is anything. Without a
seed one is chosen, and printed; it decides what is done, but no two runs are timed alike.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.kills.moment import Moment
from tests.kills.series import Series

_WEIGHTS = {Moment.ANY: 3, Moment.INTENT: 2, Moment.ASKED: 3, Moment.ENDED: 2}


def main() -> int:
    """Kill, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description="Kill it again and again.")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    print(f"{asked.count} kills, seed {seed}", flush=True)
    chance = Random(f"moments {seed}")  # noqa: S311 - not for secrets
    moments = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=asked.count)
    begun = time.monotonic()
    with TemporaryDirectory() as folder:
        series = Series(Path(folder), seed, moments)
        asyncio.run(series.run())
        rows = series.rows
    ends = ", ".join(f"{count} {phase}" for phase, count in Counter(row.phase for row in rows).most_common())
    print(
        f"{len(series.kills)} kills, {len(rows)} migrations in the journal ({ends}), {len(series.cluster.writes)} "
        f"requests and {len(series.cluster.ended_migrations)} migrations in the cluster's book, "
        f"{time.monotonic() - begun:.0f} s"
    )
    for what, count in series.hits.most_common():
        print(f"killed {count:3} times {what}")
    for sentence in series.wrong:
        print("WRONG:", sentence)
    return int(bool(series.wrong))


if __name__ == "__main__":
    raise SystemExit(main())
