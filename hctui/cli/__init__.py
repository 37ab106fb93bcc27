"""The command line: one group, a module for each command.

These modules only read flags and print; what takes long to import is imported when a command runs, so that
`hctui --help` stays quick and `hctui run` never loads what it does not use.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path

import click

from hctui.cli.check import check
from hctui.cli.config import config
from hctui.cli.control import approve, dry_run, pause, reject, resume
from hctui.cli.demo import demo
from hctui.cli.draining import drain
from hctui.cli.fit import fit
from hctui.cli.options import settings_flags
from hctui.cli.replay import replay
from hctui.cli.report import report
from hctui.cli.run import run
from hctui.cli.simulate import simulate
from hctui.cli.status import status
from hctui.config import Group
from hctui.core.errors import HctuiError
from hctui.core.secret import Secret, without_secrets
from hctui.core.wrapping import one_line


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@settings_flags(Group.CLUSTER, Group.BALANCER, Group.CONSOLE)
@click.version_option(package_name="hctui", prog_name="hctui")
def hctui(config_file: Path | None, **flags: object) -> int | None:
    """Balance the load of a Scale Computing HyperCore cluster, and explain every move.

    Without a command it opens the console. Nothing is ever migrated unless you ask for it: the default is a dry run.
    """
    context = click.get_current_context()
    given = [name for name, value in {"config_file": config_file, **flags}.items() if value not in (None, ())]
    if context.invoked_subcommand is None:
        from hctui.cli.console import open_console

        return open_console(config_file, flags)
    if given:
        raise click.UsageError(
            f"Write the flags after the command: hctui {context.invoked_subcommand} ...", context
        )
    return None


for command in (
    *(run, status, pause, resume, approve, reject, dry_run, drain),
    *(check, fit, report, replay, config, demo, simulate),
):
    hctui.add_command(command)


def main() -> None:
    """The program. Errors of ours are printed as title, detail and hint; others keep their traceback."""
    os.umask(0o077)  # whatever is written is nobody else's business
    _masked = Secret(
        os.environ.get("SC_PASSWORD", "")
    )  # also where nobody asks for it, and an error may show it
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a VM may have a name that this terminal cannot show
    try:
        code = hctui.main(standalone_mode=False)  # what a command exits with, `None` for nothing special
        sys.exit(code if isinstance(code, int) else 0)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone. Everything was closed on the way here; what is buffered has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HctuiError as error:
        for line in (*f"{error.title}: {error.detail}".split("\n"), *filter(None, [error.hint])):
            click.echo(one_line(line), err=True)
        sys.exit(error.exit_code)
    except Exception:  # Python would print the same, and with it whatever secret the error speaks of
        click.echo(without_secrets(traceback.format_exc()), err=True, nl=False)
        sys.exit(1)
