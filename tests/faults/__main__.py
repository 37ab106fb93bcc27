"""The whole fault matrix: `python -m tests.faults [--write] [--only REGEX]`.

Runs every row in every phase, prints what did not go as it must, and exits with 1 if there is anything. `--write`
writes tests/faults.md anew from what was observed.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.case import Phase, run
from tests.faults.expectations import ROWS
from tests.faults.sheet import PATH, found, line, written
from tests.faults.verdict import Entry, complaints, entry


def main() -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="The whole fault matrix.")
    parser.add_argument("--write", action="store_true", help="write tests/faults.md anew")
    parser.add_argument("--only", default="", help="rows whose title matches this regular expression")
    asked = parser.parse_args()
    begun = time.process_time()
    entries: dict[tuple[str, Phase], Entry] = {}
    wrong: list[str] = []
    for row in (row for row in ROWS if re.search(asked.only, row.title)):
        for phase in Phase:
            with TemporaryDirectory() as folder:
                ran = asyncio.run(run(Path(folder), row.fault, phase))
            entries[row.title, phase] = entry(row, phase, ran)
            wrong += (f"{row.title}, {phase}: {told}" for told in complaints(row, phase, ran))
    print(f"{len(entries)} cases, {time.process_time() - begun:.0f} s of CPU, {len(wrong)} complaints")
    if asked.write and not asked.only:
        PATH.write_text(written(entries), "utf-8")
    known = PATH.read_text("utf-8") if PATH.exists() else ""
    wrong += (
        f"{row.title}, {phase}: {PATH.name} says otherwise: {line(phase, entries[row.title, phase])}"
        for row in ROWS
        for phase in Phase
        if (row.title, phase) in entries
        and found(known, row, phase) != line(phase, entries[row.title, phase])
    )
    for sentence in wrong:
        print("WRONG:", sentence)
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
