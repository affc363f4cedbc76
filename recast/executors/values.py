"""The settings of one executor with their values, for whoever starts it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from recast.config import Config
from recast.errors import UsageError
from recast.executors.registry import executor_class, executors
from recast.executors.settings import Setting, Value, resolve
from recast.json_types import JsonDict, JsonObject
from recast.suggest import nearest

__all__ = ["check_tables", "executor_of", "executor_settings", "executor_values", "public_values", "settings_of"]


def settings_of(name: str) -> tuple[Setting, ...]:
    """Return what an executor lets be set; raise UsageError for an unknown name, ExecutorError for a broken one."""
    # The local executor has nothing to set, and is not imported to learn that: the start of `recast run` is measured.
    found: tuple[Setting, ...] = () if name == "local" else getattr(executor_class(name), "settings", ())
    return found


def executor_settings(
    name: str, given: JsonObject, environ: Mapping[str, str], config: Config, *, said: str = ""
) -> tuple[Value, ...]:
    """Return each setting with its value and where that came from; raises as `resolve`."""
    check_tables(config)
    return resolve(name, settings_of(name), given, environ, config, said=said)


def executor_values(
    name: str, given: JsonObject, environ: Mapping[str, str], config: Config, *, said: str = ""
) -> JsonObject:
    """Return every setting of an executor by name, secrets included, as its class is to be given them.

    `given` are flags, or what a run recorded (`RunOrder.executor_settings`): both win over variables and file. `said`
    says in messages where they stand. Raises UsageError for a wrong name or value, ExecutorError if the executor cannot
    be loaded.
    """
    return {item.setting.name: item.value for item in executor_settings(name, given, environ, config, said=said)}


def public_values(name: str, values: JsonObject) -> JsonDict:
    """Return what a run may record of its executor's settings: all but the secret ones, those not set as None."""
    secret = {setting.name for setting in settings_of(name) if setting.secret} if values else set()
    return {key: value for key, value in values.items() if key not in secret}


def check_tables(config: Config) -> None:
    """Raise UsageError for a table of the configuration file that names no executor."""
    named = config.table("executors")
    known = [entry.name for entry in executors()] if named else []
    for name in named:
        if name not in known:
            near = nearest(name, known)
            raise UsageError(
                f"There is no executor {name!r}",
                where=config.where("executors", name),
                why=f"Did you mean {near}?" if near else f"Installed are: {', '.join(known)}.",
                next_step="recast executors ls",
            )


def executor_of(flag: str | None, config: Config, environ: Mapping[str, str] | None = None) -> str:
    """Return the executor that is meant: by the flag, RECAST_EXECUTOR, the configuration file, else `local`."""
    env = os.environ if environ is None else environ
    name = flag or env.get("RECAST_EXECUTOR") or config.document.get("executor", "local")
    if not isinstance(name, str):
        raise UsageError(f"{name!r} names no executor", where=config.where("executor"), next_step='executor = "slurm"')
    return name
