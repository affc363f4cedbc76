"""The root command: which module contains which command, and how errors become output and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from recast._version import __version__
from recast.cli.lazy import LazyGroup
from recast.cli.output import print_error
from recast.errors import Interrupted, RecastError, UsageError, in_words

__all__ = ["recast", "run"]

COMMANDS: dict[str, str] = {
    # command: module (the click command in it has the same name, with _ for -)
    "answer": "recast.cli.runs.answer",
    "cancel": "recast.cli.runs.control",
    "catalogue": "recast.cli.catalogue",
    "ci": "recast.cli.ci",
    "cite": "recast.cli.runs.cite",
    "diff": "recast.cli.runs.diff",
    "dispatch": "recast.cli.service.dispatch",
    "doctor": "recast.cli.doctor",
    "executors": "recast.cli.executors",
    "explain": "recast.cli.runs.explain",
    "export-analyses": "recast.cli.catalogue.hepdata",
    "help": "recast.cli.help",
    "image": "recast.cli.image",
    "login": "recast.cli.desk.login",
    "logout": "recast.cli.desk.login",
    "logs": "recast.cli.runs.logs",
    "plan": "recast.cli.runs.plan",
    "publish": "recast.cli.catalogue.publish",
    "request": "recast.cli.desk.request",
    "results": "recast.cli.runs.results",
    "resume": "recast.cli.runs.control",
    "retry": "recast.cli.runs.control",
    "run": "recast.cli.runs.run",
    "runs": "recast.cli.runs.list",
    "scan": "recast.cli.runs.scan",
    "serve": "recast.cli.service.serve",
    "shell": "recast.cli.runs.shell",
    "show": "recast.cli.runs.show",
    "spec": "recast.cli.spec",
    "status": "recast.cli.runs.status",
    "submit": "recast.cli.runs.submit",
    "token": "recast.cli.desk.token",
    "validate": "recast.cli.catalogue.validate",
    "wait": "recast.cli.runs.list",
    "which": "recast.cli.catalogue.which",
}

EPILOG = """
\b
Examples:
  recast catalogue ls
  recast run atlas-susy-2018-31 --example demo
  recast results last
  recast submit IMAGE -- COMMAND
  recast run path/to/workflow.yml --toplevel path/to -p par=value --allow-host-process

Exit codes: 0 done; 1 the workflow or a validation failed; 2 usage; 3 invalid spec, inputs or entry;
4 executor, runtime or infrastructure; 5 permission; 6 not found; 130 interrupted.
"""


@click.command(cls=LazyGroup, modules=COMMANDS, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="recast", message="%(prog)s %(version)s")
def recast() -> None:
    """Keep collider searches alive: run a preserved analysis for any model."""


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code; a RecastError is printed on stderr (what, where, why, next)."""
    try:
        code = recast.main(args=list(arguments), prog_name="recast", standalone_mode=False)
        sys.stdout.flush()
    except RecastError as error:
        print_error(error)
        return error.exit_code
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (click.Abort, KeyboardInterrupt):
        print_error(Interrupted("Interrupted"))
        return Interrupted.exit_code
    except click.ClickException as problem:
        context = getattr(problem, "ctx", None)
        command = context.command_path if context is not None else "recast"
        print_error(UsageError(" ".join(problem.format_message().split()), next_step=f"{command} --help"))
        return UsageError.exit_code
    except Exception as problem:
        # Anything that is not an error of the environment is a bug in RECAST, so it keeps its traceback.
        if isinstance(problem, (OSError, MemoryError)) or type(problem).__module__ == "sqlite3":
            return _said(problem)
        raise
    return code if isinstance(code, int) else 0


def _said(problem: Exception) -> int:
    """Report a problem and return its exit code; a reader that closes the pipe of our output is not an error."""
    if isinstance(problem, BrokenPipeError):
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return 0
    error = in_words(problem)
    print_error(error)
    return error.exit_code
