"""hctui, in which one function falls: `python -m tests.end_to_end.falling MODULE:NAME[@CALL] FILE ARGUMENTS...`.

It falls at that call and at those after it; at the first if none is given.

The error has every secret of the process in its message, in many forms, and in a variable. FILE gets them as JSON, so
that a test knows what to look for.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from functools import reduce
from itertools import count
from pathlib import Path
from typing import Any

from hctui import cli
from hctui.core.secret import Secret
from tests.end_to_end.test_secrets_everywhere import forms


def main() -> None:
    """Let it fall, and run."""
    place, told, *arguments = sys.argv[1:]
    place, _, first = place.partition("@")
    module, _, names = place.partition(":")
    *owners, name = names.split(".")
    owner = reduce(getattr, owners, importlib.import_module(module))
    whole, calls = getattr(owner, name), count(1)

    def fall(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - instead of anything
        if next(calls) < int(first or 1):
            return whole(*given, **named)
        secrets = {found.reveal() for found in gc.get_objects() if type(found) is Secret}
        secrets.add(os.environ["SC_PASSWORD"])
        known = sorted(secret for secret in secrets if secret)
        Path(told).write_text(json.dumps(known))
        raise KeyError("unforeseen: " + " | ".join(form for secret in known for form in forms(secret)))

    setattr(owner, name, fall)
    sys.argv = ["hctui", *arguments]
    cli.main()


if __name__ == "__main__":
    main()
