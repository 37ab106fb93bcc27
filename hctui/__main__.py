"""`python -m hctui` is `hctui`."""

from hctui.cli import main

main()
