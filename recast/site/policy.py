"""What a site allows: rules from the site's file and from the user's configuration; all of them apply."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.config import load_config
from recast.errors import PermissionDenied, UsageError
from recast.json_types import JsonObject
from recast.tomlfile import TomlFile, read_toml

__all__ = ["RULES", "SITE_FILE", "SitePolicy", "site_policies"]

SITE_FILE = "/etc/recast/site.toml"

RULES = {
    # name: the kind of its value
    "allow_binds": "list",
    "allow_container_args": "list",
    "allow_env": "list",
    "allow_image_override": "flag",
    "allow_network": "flag",
    "allow_secrets": "list",
    "credentials": "text",
    "cvmfs": "text",
    "most_cpus": "number",
    "most_disk": "size",
    "most_gpus": "number",
    "most_memory": "size",
    "most_walltime": "time",
    "runtimes": "list",
}
_TAKES = {
    "flag": "true or false",
    "list": "a list of texts, or true or false for all or none",
    "number": "a number of 0 or more",
    "size": 'a size such as "64GB", or a number of MB',
    "text": "a text",
    "time": 'a time such as "48h", or a number of seconds',
}


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """The rules of one file. A missing rule allows everything.

    Sizes are MB (10^6 bytes), times seconds; a list is a tuple, True for all and False for none.
    """

    rules: JsonObject
    file: TomlFile
    table: tuple[str, ...] = ()

    def get(self, rule: str) -> Any:
        """Return the value of a rule, None if it is not set."""
        return self.rules.get(rule)

    def refusal(self, rule: str, what: str, where: str, next_step: str) -> PermissionDenied:
        """Return the error for a request that a rule forbids."""
        place, _, key = self.file.where(*self.table, rule).rpartition(" ")
        shown = self.file.table(*self.table).get(rule)
        return PermissionDenied(
            what,
            code="permission.site",
            where=where,
            why=f"The site says {key} = {_toml(shown)} ({place}).",
            next_step=f"{next_step}, or ask the maintainer of {self.file.path}",
        )


def site_policies(environ: Mapping[str, str] | None = None) -> tuple[SitePolicy, ...]:
    """Return the rules of the site and those of the user's configuration; () if there are none.

    The site's are in the file that RECAST_SITE names (none if it is empty), else in /etc/recast/site.toml if that is
    there. The user's, in `[site]` of the configuration file, can only be stricter, since all rules apply. Raises
    UsageError with file and line.
    """
    env = os.environ if environ is None else environ
    found = []
    named = env.get("RECAST_SITE", SITE_FILE)
    if named and (named != SITE_FILE or os.access(SITE_FILE, os.F_OK)):
        found.append(_policy(read_toml(Path(named).expanduser().absolute(), "The site's file"), ()))
    config = load_config(env)
    if config.table("site"):
        found.append(_policy(config, ("site",)))
    return tuple(found)


def _policy(file: TomlFile, table: tuple[str, ...]) -> SitePolicy:
    file.check_names(RULES, *table)
    rules = {}
    for name, given in file.table(*table).items():
        try:
            rules[name] = _read(RULES[name], given)
        except (ValueError, TypeError):
            raise UsageError(
                f"{given!r} is not a value of the rule {name}",
                where=file.where(*table, name),
                why=f"It takes {_TAKES[RULES[name]]}.",
                next_step="fix the file",
            ) from None
    return SitePolicy(rules, file, table)


def _read(kind: str, given: Any) -> Any:
    """Return a rule's value; raise ValueError or TypeError."""
    from recast.jobs.amounts import megabytes, seconds

    if kind == "flag" and isinstance(given, bool):
        return given
    if kind == "list" and isinstance(given, bool):
        return given
    if kind == "list" and isinstance(given, list) and all(isinstance(item, str) and item for item in given):
        return tuple(given)
    if kind == "text" and isinstance(given, str):
        return given
    if isinstance(given, str) and kind in ("size", "time"):
        return megabytes(given) if kind == "size" else seconds(given)
    if kind in ("number", "size", "time") and type(given) in (int, float) and given >= 0:
        return given
    raise ValueError


def _toml(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
