"""From words such as `--site CERN` and `--secret TOKEN=VARIABLE` to what jobs wish for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recast.errors import UsageError
from recast.jobs import SecretWish, Wishes
from recast.jobs.container_args import checked
from recast.jobs.wishes import NAME
from recast.json_types import JsonDict

__all__ = ["ARCHITECTURES", "WISH_KEYS", "take_wish", "wishes_from"]

WISH_KEYS = ("arch", "gpu", "site", "exclude-site", "working-group", "container-arg", "secret")

ARCHITECTURES = {
    # as people and registries say it: as `uname -m` does
    "x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64", "ppc64le": "ppc64le",
    "riscv64": "riscv64",
}  # fmt: skip

_FIELDS = {
    "arch": "architecture", "gpu": "gpu_model", "site": "sites", "exclude-site": "excluded_sites",
    "working-group": "working_group", "container-arg": "container_args", "secret": "secrets",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,99}")
_EXAMPLES = {"gpu": "nvidia or nvidia-a100", "site": "CERN", "exclude-site": "CERN", "working-group": "phys-susy"}


def take_wish(found: dict[str, list[object]], key: str, value: str, where: str) -> None:
    """Add what one word says to what is known so far, by field; raise UsageError for a word that means nothing."""
    field = found.setdefault(_FIELDS[key], [])
    if key == "arch":
        field[:] = [_architecture(value, where)]
    elif key == "container-arg":
        field.append(_argument(value, where))
    elif key == "secret":
        field.append(_secret(value, where))
    elif key in ("site", "exclude-site"):
        field += [_name(key, part.strip(), where) for part in value.split(",")]
    else:
        field[:] = [_name(key, value, where)]


def wishes_from(found: dict[str, list[object]]) -> Wishes:
    """Return the wishes that words have made."""
    many = {"sites", "excluded_sites", "container_args", "secrets"}
    made: JsonDict = {
        field: tuple(dict.fromkeys(values)) if field in many else values[-1] for field, values in found.items()
    }
    _check_once(made.get("secrets", ()))
    return Wishes(**made)


def _architecture(value: str, where: str) -> str:
    if value not in ARCHITECTURES:
        raise UsageError(f"{value!r} is no architecture", where=where, why=f"Known are {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[value]


def _argument(value: str, where: str) -> str:
    try:
        return checked(value)
    except ValueError as problem:
        raise UsageError(
            f"{value!r} is not an argument that a container may get",
            where=where,
            why=f"What a runtime understands can open any container, so {problem}.",
            next_step="docs/how-to/choose-the-environment.md says what each does, and what to use in place of others",
        ) from None


def _secret(value: str, where: str) -> SecretWish:
    name, equals, variable = value.partition("=")
    if not NAME.fullmatch(name) or (equals and not NAME.fullmatch(variable)):
        shown = value if not equals else f"{name}=..."  # what stands there may be the secret itself
        raise UsageError(
            f"{shown!r} is not a NAME or NAME=VARIABLE",
            where=where,
            why="A secret is given by its name: its value stands in a file of yours, and nowhere else.",
            next_step="recast submit --help says where: ~/.config/recast/secrets/NAME, mode 0600",
        )
    return SecretWish(name, variable)


def _name(key: str, value: str, where: str) -> str:
    if not _NAME.fullmatch(value):
        raise UsageError(
            f"{value!r} cannot be a {key}", where=where, next_step=f"write for example --{key} {_EXAMPLES[key]}"
        )
    return value


def _check_once(secrets: Iterable[SecretWish]) -> None:
    seen: dict[str, SecretWish] = {}
    for secret in secrets:
        if seen.setdefault(secret.name, secret) != secret:
            raise UsageError(f"The secret {secret.name} is given twice", where=f"--secret {secret}")
