"""A command that accepts the settings of its executor as options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from recast.config import load_config
from recast.errors import UsageError
from recast.executors.values import executor_of

__all__ = ["ExecutorCommand"]

_GIVEN, _OPTIONS = "recast.executor_given", "recast.executor_options"


class ExecutorCommand(click.Command):
    """A command with `--executor NAME`, given on the command line, in RECAST_EXECUTOR or in the configuration file.

    The named executor's settings become options before the line is parsed, and arrive as `given`, a map by name.
    Nothing is imported for the local executor, which has no settings.
    """

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters, then those of the executor."""
        return [*super().get_params(ctx), *ctx.meta.get(_OPTIONS, ())]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the options of the named executor, then parse."""
        ctx.meta[_GIVEN] = {}
        name = self.named(args)
        if name and name != "local":
            ctx.meta[_OPTIONS] = _options(name)
        try:
            rest = super().parse_args(ctx, args)
        except click.NoSuchOption as problem:
            raise self._of_another(problem, name) or problem from None
        ctx.params["given"] = ctx.meta[_GIVEN]
        return rest

    def named(self, args: list[str]) -> str:
        """Return the executor that a command line is for."""
        return executor_of(_after(args, "--executor"), load_config())

    def instead(self, owner: str) -> str:
        """Return the suggestion for a user who gives a setting of an executor that was not selected."""
        return f"add --executor {owner}"

    def _of_another(self, problem: click.NoSuchOption, name: str) -> UsageError | None:
        """Return the error for an option of an executor that was not selected."""
        from recast.executors.registry import executors

        for owner in _owners(problem.option_name, [entry.name for entry in executors()]):
            if owner != name:
                return UsageError(
                    f"{problem.option_name} is for the executor {owner}",
                    where="command line",
                    why=f"Jobs would run on {name}.",
                    next_step=self.instead(owner),
                )
        return None

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Add how to see the options of another executor."""
        formatter.write_paragraph()
        formatter.write_text(f"Settings of an executor: {ctx.command_path} --executor slurm --help")
        super().format_epilog(ctx, formatter)


def _after(args: list[str], flag: str) -> str | None:
    """Return the last value of a flag in an argv that was not parsed yet."""
    found = None
    for index, word in enumerate(args):
        if word == "--":
            break
        if word.startswith(flag + "="):
            found = word.partition("=")[2]
        elif word == flag and index + 1 < len(args):
            found = args[index + 1]
    return found


def _options(name: str) -> list[click.Option]:
    from recast.executors.values import settings_of

    return [_option(name, setting) for setting in settings_of(name) if not setting.secret]


def _option(owner: str, setting: Any) -> click.Option:
    flag = setting.flag(owner)
    shown = "" if setting.default is None else f" [default: {_written(setting.default)}]"

    def keep(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None:
            ctx.meta[_GIVEN][setting.name] = value

    kind = {"is_flag": True} if setting.kind is bool else {"metavar": _metavar(setting)}
    return click.Option(
        [f"{flag}/--no-{flag[2:]}" if setting.kind is bool else flag, f"setting_{setting.name}"],
        help=setting.help + shown,
        default=None,
        expose_value=False,
        callback=keep,
        **kind,
    )


def _metavar(setting: Any) -> str:
    if setting.choices:
        return "|".join(setting.choices)
    return str(setting.amount or {str: "TEXT", int: "INTEGER", float: "NUMBER"}[setting.kind]).upper()


def _written(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _owners(flag: str, names: list[str]) -> Iterator[str]:
    return (name for name in names if flag.startswith((f"--{name}-", f"--no-{name}-")))
