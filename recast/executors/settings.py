"""The settings of an executor, declared once: flags, variables, the configuration file, help and docs are derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recast.config import Config
from recast.errors import UsageError
from recast.json_types import JsonObject
from recast.suggest import nearest

__all__ = ["Setting", "Value", "resolve", "words"]

_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of an executor.

    `name` is snake_case; units are in it. `kind` is str, int, float or bool; `default` is None where there is none. A
    `secret` one is never written into a run, a log or a message: it can only be set by variable or file. An int may be
    given as a `size` (`4GB`, in MB of 10^6 bytes) or a `time` (`2h30m`, in seconds). `least` is the smallest allowed
    number. A setting that `stays` cannot be changed in an existing run: never (`run`), or while jobs are in flight
    (`jobs`), which are found through it.
    """

    name: str
    help: str
    kind: type = str
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    amount: Literal["", "size", "time"] = ""
    least: float | None = None
    stays: Literal["", "run", "jobs"] = ""

    def flag(self, owner: str) -> str:
        """Return its flag on the command line, such as `--slurm-partition`; empty if it is secret."""
        return "" if self.secret else f"--{owner}-{self.name}".replace("_", "-").lower()

    def variable(self, owner: str) -> str:
        """Return its environment variable, such as `RECAST_SLURM_PARTITION`."""
        return f"{_prefix(owner)}{self.name.upper()}"

    @property
    def takes(self) -> str:
        """A short description of the allowed values."""
        if self.choices:
            return " or ".join(self.choices)
        names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
        amounts = {"size": "a size such as 4GB, or MB", "time": "a time such as 2h30m, or seconds"}
        return (amounts.get(self.amount) or names[self.kind]) + self._from_least

    @property
    def _from_least(self) -> str:
        return "" if self.least is None else f", {self.least:g} or more"

    def read(self, given: Any) -> Any:
        """Return the value of a text or a TOML value; None stays None. Raises ValueError, whose text does not contain
        the value.
        """
        if given is None:
            return None
        value = self._typed(given)
        if self.choices and value not in self.choices:
            near = nearest(str(value), self.choices)
            raise ValueError(f"it takes {self.takes}" + (f"; did you mean {near}?" if near else ""))
        if self.least is not None and value < self.least:
            raise ValueError(f"it takes {self.takes}")
        return value

    def _typed(self, given: Any) -> Any:
        if self.kind is str and isinstance(given, str):
            return given
        if self.kind is bool and (isinstance(given, bool) or str(given).lower() in (*_YES, *_NO)):
            return given if isinstance(given, bool) else str(given).lower() in _YES
        if self.kind in (int, float) and isinstance(given, (str, int, float)) and not isinstance(given, bool):
            return self._number(given)
        raise ValueError(f"it takes {self.takes}")

    def _number(self, given: str | float) -> float:
        from math import isfinite

        from recast.jobs.amounts import megabytes, seconds

        if self.amount and isinstance(given, str):
            return megabytes(given) if self.amount == "size" else seconds(given)
        try:
            number = float(given)
        except ValueError:
            number = float("nan")
        if not isfinite(number) or (self.kind is int and number != int(number)):
            raise ValueError(f"it takes {self.takes}")
        return int(number) if self.kind is int else number


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a setting and its origin: `source` is flag, variable, file or default, `where` its location."""

    setting: Setting
    value: Any
    source: str
    where: str = ""


def words(value: str | None) -> tuple[str, ...]:
    """Return the words of a setting that takes several."""
    return tuple((value or "").replace(",", " ").split())


def resolve(
    owner: str,
    settings: Sequence[Setting],
    given: JsonObject,
    environ: Mapping[str, str],
    config: Config,
    *,
    table: tuple[str, ...] | None = None,
    said: str = "",
) -> tuple[Value, ...]:
    """Return the value of every setting: a given one takes precedence over the variable, then the file, then the
    default.

    A given None means not set, whatever variable or file say. `table` is the owner's table in the file
    (`executors.<owner>`), `said` the location of given values if they are not flags. Raises UsageError for an invalid
    name or value, with its location and the nearest valid name.
    """
    names = {setting.name: setting for setting in settings}
    table = table or ("executors", owner)
    config.check_names(names, *table)
    _check_variables(owner, settings, environ)
    for name in given:
        if name not in names:
            raise _unknown(name, f"{said or 'command line'}: {name}", list(names), owner)
    return tuple(_value(setting, owner, given, environ, config, table, said) for setting in settings)


def _value(
    setting: Setting,
    owner: str,
    given: JsonObject,
    environ: Mapping[str, str],
    config: Config,
    table: tuple[str, ...],
    said: str,
) -> Value:
    name, variable = setting.name, setting.variable(owner)
    in_file = config.table(*table)
    if name in given:
        found = given[name], "flag", said or setting.flag(owner)
    elif variable in environ:
        found = environ[variable], "variable", variable
    elif name in in_file:
        found = in_file[name], "file", config.where(*table, name)
    else:
        return Value(setting, setting.default, "default")
    text, source, where = found
    try:
        return Value(setting, setting.read(text), source, where)
    except ValueError as problem:
        shown = "The value" if setting.secret else repr(text)
        what = f"{shown} is not a value of {owner}'s {name}"
        raise UsageError(what, where=where, why=str(problem), next_step=_help(owner)) from None


def _check_variables(owner: str, settings: Sequence[Setting], environ: Mapping[str, str]) -> None:
    known = [setting.variable(owner) for setting in settings]
    for name in environ:
        if name.startswith(_prefix(owner)) and name not in known:
            raise _unknown(name, f"environment variable {name}", known, owner)


def _unknown(name: str, where: str, known: list[str], owner: str) -> UsageError:
    near = nearest(name, known)
    return UsageError(
        f"{owner} has no setting {name!r}",
        where=where,
        why=f"Did you mean {near}?" if near else f"There are: {', '.join(known) or 'none'}.",
        next_step=_help(owner),
    )


def _help(owner: str) -> str:
    return "recast run --help" if owner == "run" else f"recast executors show {owner}"


def _prefix(owner: str) -> str:
    return f"RECAST_{owner.upper().replace('-', '_')}_"
