"""`recast executors`: where jobs can run, their settings, and whether they work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from recast.cli.executor_command import ExecutorCommand
from recast.cli.output import emit, message, output_option
from recast.config import load_config
from recast.counted import counted
from recast.errors import ExecutorError
from recast.executors.values import executor_of
from recast.json_types import JsonDict, JsonObject

if TYPE_CHECKING:
    from recast.executors.registry import Registered
    from recast.executors.settings import Value

__all__ = ["executors"]

_SECRET = "(set, not shown)"  # noqa: S105


class _NamedCommand(ExecutorCommand):
    """A command whose argument is the executor's name."""

    def named(self, args: list[str]) -> str:
        """Return the first word that is neither an option nor the value of one."""
        before = ""
        for word in args:
            if not word.startswith("-") and before not in ("-o", "--output"):
                return word
            before = word
        return executor_of(None, load_config())


@click.group()
def executors() -> None:
    """List the executors, which run jobs; show their settings; test them."""


@executors.command("ls", epilog="\b\nExamples:\n  recast executors ls\n  recast executors ls -o json")
@output_option
def list_(output: str) -> None:
    """List the installed executors; for one that cannot be loaded, show what to type."""
    from recast.executors.registry import executors as installed

    rows = [_row(entry) for entry in installed()]
    emit({"executors": rows}, rows, tuple(rows[0]), output)


@executors.command(
    cls=_NamedCommand,
    epilog="\b\nExamples:\n  recast executors show slurm\n  recast executors show slurm --slurm-partition grid -o json",
)
@click.argument("name", required=False)
@output_option
def show(name: str | None, output: str, given: JsonObject) -> None:
    """Show the settings of an executor: each value and its source (option, variable, file or default)."""
    from recast.executors.values import executor_settings

    config = load_config()
    name = executor_of(name, config)
    rows = [_setting(name, item) for item in executor_settings(name, given, os.environ, config)]
    emit({"name": name, "settings": rows}, rows, ("setting", "value", "from", "help"), output)
    if output == "table":
        message(f"executor {name}: {counted(len(rows), 'setting')}" if rows else f"executor {name} has no settings")


@executors.command(
    cls=_NamedCommand,
    epilog="\b\nExamples:\n  recast executors check\n  recast executors check slurm --slurm-partition grid",
)
@click.argument("name", required=False)
@output_option
def check(name: str | None, output: str, given: JsonObject) -> int:
    """Test an executor: run a trivial job on this machine, or connect to a batch system with its settings.

    Exit code 4 if it does not work, 5 if it does not accept the credentials.
    """
    from recast.executors.self_test import try_executor
    from recast.executors.values import executor_values

    config = load_config()
    name = executor_of(name, config)
    row = {"name": name, **try_executor(name, executor_values(name, given, os.environ, config))}
    emit(row, [row], tuple(row), output)
    return 0 if row["ok"] else ExecutorError.exit_code


def _row(entry: Registered) -> JsonDict:
    from recast.executors.registry import executor_class

    row = {"name": entry.name, "source": entry.source}
    try:
        made = executor_class(entry.name)
    except ExecutorError as problem:
        unknown = dict.fromkeys(("reports_by_itself", "outlives_driver", "arrays", "shared_files"))
        return row | unknown | {"settings": None, "problem": f"{problem.why}; {problem.next_step}"}
    return row | _abilities(made) | {"settings": len(getattr(made, "settings", ())), "problem": ""}


def _abilities(made: Any) -> JsonDict:
    """Return what an executor can do; for a batch system, some of it is known only once connected."""
    can = getattr(made, "capabilities", None)
    if can is None:
        return {"reports_by_itself": False, "outlives_driver": True, "arrays": True, "shared_files": None}
    return {
        "reports_by_itself": can.pushes,
        "outlives_driver": can.outlives_driver,
        "arrays": can.arrays,
        "shared_files": can.shared_files,
    }


def _setting(owner: str, item: Value) -> JsonDict:
    setting = item.setting
    hidden = setting.secret and item.value is not None
    return {
        "setting": setting.name,
        "value": _SECRET if hidden else item.value,
        "from": f"{item.source} {item.where}".strip(),
        "help": setting.help,
        "takes": setting.takes,
        "default": None if setting.secret else setting.default,
        "flag": setting.flag(owner),
        "variable": setting.variable(owner),
        "file": f"[executors.{owner}] {setting.name}",
    }
