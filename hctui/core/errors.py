"""The one family of errors that people see.

Each carries a title (what is wrong, in a few words), a detail (the sentence with key, value or address) and a
hint (what to do about it). Whoever catches one can print all three and nothing else: no secret is ever put in.
Subclasses live with whoever raises them: settings errors in `hctui.config`, cluster errors in `hctui.api`, disk
errors in `hctui.journal`.
"""

from __future__ import annotations


class HctuiError(Exception):
    """An error of ours, fit to be shown: `title`, `detail` and `hint` are whole sentences or empty.

    `exit_code` is what a program ends with that it ends: 2 where only a person can help, so that who watches over
    processes does not begin anew; 1 where beginning anew may help.
    """

    title = "Something went wrong"
    exit_code = 2

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.title}: {self.detail}", self.hint) if part)
