"""Verdicts of checks as paragraphs, alike wherever they are shown: what holds in one breath, what fails by itself.

Pure. The sentences are the core's; here is only said how they stand beside each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from hctui.core.decision import Trial, Verdict
from hctui.core.wording import count, listing
from hctui.tui.cell import Cell, Tone, cell, joined
from hctui.tui.glyphs import Glyphs
from hctui.tui.paragraph import Paragraph

FACT_WIDTH = 14
"""Labels of facts take so many terminal cells."""

_ANSWER_WIDTH = 22


def heading(key: str, text: str) -> Paragraph:
    """The title of a section."""
    return Paragraph(key, cell(text, Tone.STRONG))


def fact(label: str, text: Cell, *, indent: int = 0, key: str = "", link: str = "") -> Paragraph:
    """A fact beside its name. `key` is needed where a page has two of one name."""
    return Paragraph(key or f"fact-{label}", text, cell(label, Tone.DIM), indent, FACT_WIDTH, link=link)


def checks(key: str, verdicts: Sequence[Verdict], indent: int = 2) -> list[Paragraph]:
    """Each verdict that fails with its name and sentence; then all that hold, in one paragraph."""
    failed = [verdict for verdict in verdicts if not verdict.ok]
    told = [
        Paragraph(
            f"{key}-no-{number}",
            answer(f"no: {verdict.check}", Tone.BAD, cell(verdict.sentence)),
            indent=indent,
        )
        for number, verdict in enumerate(failed)
    ]
    held = " ".join(dict.fromkeys(verdict.sentence for verdict in verdicts if verdict.ok))
    if held:
        told.append(
            Paragraph(f"{key}-ok", joined(cell("ok: ", Tone.GOOD), cell(held, Tone.DIM)), indent=indent)
        )
    return told


def answer(word: str, tone: Tone, why: Cell) -> Cell:
    """`no: RAM               RAM 74.2 % ...`: the answer first, in a column of its own where it is short enough."""
    gap = max(2, _ANSWER_WIDTH - cell(word).width)
    return joined(cell(word, tone), cell(" " * gap), why) if why.parts else cell(word, tone)


def tried(trial: Trial, glyphs: Glyphs, *, is_chosen: bool) -> Cell:
    """What came of one target: chosen, with all that was checked, or the first check that failed.

    A move by hand may be chosen although a wait spoke against it.
    """
    if is_chosen:
        return answer(f"{glyphs.pointer} chosen", Tone.ACCENT, cell(_reasons_for(trial)))
    last = trial.verdicts[-1]
    if trial.ok:
        return answer("ok", Tone.GOOD, cell(_reasons_for(trial)))
    return answer(f"no: {last.check}", Tone.BAD, cell(last.sentence))


def _reasons_for(trial: Trial) -> str:
    overridden = [verdict.sentence for verdict in trial.verdicts if not verdict.ok]
    if overridden:
        return f"Overridden by the person who asked for it: {' '.join(overridden)}"
    return " ".join(dict.fromkeys(verdict.sentence for verdict in trial.verdicts))


def none_fits(trials: Iterable[Trial]) -> str:
    """`none of 3 nodes can take it: 2 by RAM, 1 by anti-affinity`, of trials that all failed."""
    causes = Counter(trial.verdicts[-1].check for trial in trials)
    total = sum(causes.values())
    if not total:
        return "there is no other node"
    told = listing([f"{number} by {check}" for check, number in causes.most_common()])
    whom = "the only other node cannot" if total == 1 else f"none of {count(total, 'node')} can"
    return f"{whom} take it: {told}"
