"""What a job wishes for besides resources: a processor, a site, a group, arguments of its container, secrets. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from recast.json_types import JsonDict, JsonObject

__all__ = ["NAME", "NO_WISHES", "SECRETS_TARGET", "SECRETS_VARIABLE", "SecretWish", "Wishes"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""What a secret and a variable can be called."""

SECRETS_TARGET = "/recast_secrets"
"""Where a payload finds its secrets, each under its name, in a container that we start."""

SECRETS_VARIABLE = "RECAST_SECRETS"
"""The variable that names that folder to a payload, wherever it is."""


@dataclass(frozen=True, slots=True)
class SecretWish:
    """A secret by its name, never by its value; `variable` is where a payload finds it besides its file."""

    name: str
    variable: str = ""

    @property
    def target(self) -> str:
        """The file that the payload sees."""
        return f"{SECRETS_TARGET}/{self.name}"

    def __str__(self) -> str:
        return f"{self.name}={self.variable}" if self.variable else self.name


@dataclass(frozen=True, slots=True)
class Wishes:
    """What only some executors can grant; one that cannot refuses it before a run exists. Empty means: no matter.

    `architecture` is as `uname -m` says it. `gpu_model` is VENDOR or VENDOR-MODEL; how many, the resources say. Of
    `sites` any will do. `container_args` are words of `recast.jobs.container_args`. None of it is part of what a job
    computes, but for secrets: they decide what its payload can reach.
    """

    architecture: str = ""
    gpu_model: str = ""
    sites: tuple[str, ...] = ()
    excluded_sites: tuple[str, ...] = ()
    working_group: str = ""
    container_args: tuple[str, ...] = ()
    secrets: tuple[SecretWish, ...] = ()

    def __bool__(self) -> bool:
        return self != NO_WISHES

    @property
    def said(self) -> dict[str, Any]:
        """The wishes that there are, by field."""
        return {item.name: value for item in fields(self) if (value := getattr(self, item.name))}

    def under(self, nearer: Wishes) -> Wishes:
        """Return both as one: what `nearer` says wins; its secrets and arguments of the container are added."""
        added: JsonDict = {
            "container_args": tuple(dict.fromkeys((*self.container_args, *nearer.container_args))),
            "secrets": tuple({item.name: item for item in (*self.secrets, *nearer.secrets)}.values()),
        }
        return Wishes(**{**self.said, **nearer.said, **added})

    def as_json(self) -> JsonDict:
        """Return the wishes that there are as a JSON object."""
        return {
            name: [str(item) for item in value] if isinstance(value, tuple) else value
            for name, value in self.said.items()
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Wishes:
        """Read wishes back, which anybody may have written; what is not known here is left out.

        Raises TypeError or ValueError for what is none. The name of a secret becomes a path, so it is checked here too.
        """
        read: dict[str, Any] = {}
        for item in fields(cls):
            if (value := data.get(item.name)) is None:
                continue
            texts = value if item.default == () else [value]
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise TypeError(f"{item.name} is of another kind: {value!r:.40}")
            read[item.name] = tuple(texts) if item.default == () else value
        if "secrets" in read:
            read["secrets"] = tuple(_secret(text) for text in read["secrets"])
        return cls(**read)


def _secret(text: str) -> SecretWish:
    name, equals, variable = text.partition("=")
    if not NAME.fullmatch(name) or (equals and not NAME.fullmatch(variable)):
        raise ValueError(f"{text!r:.40} is not the name of a secret")
    return SecretWish(name, variable)


NO_WISHES = Wishes()
