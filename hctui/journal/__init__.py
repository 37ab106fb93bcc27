"""The journal: what was seen, decided and done, in one SQLite file for each cluster.

The engine writes through `Journal`; everything else only reads, also while an engine is writing.
"""

from hctui.journal.errors import JournalError
from hctui.journal.facts import Report, as_json
from hctui.journal.finding import JournalInfo, describe, find, journals
from hctui.journal.report import read_report
from hctui.journal.report_text import render
from hctui.journal.store import Journal, journal_path
from hctui.journal.traces import read_decisions

__all__ = [
    "Journal",
    "JournalError",
    "JournalInfo",
    "Report",
    "as_json",
    "describe",
    "find",
    "journal_path",
    "journals",
    "read_decisions",
    "read_report",
    "render",
]
