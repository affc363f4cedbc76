"""The settings of a dispatcher: `[dispatch]` and `[mail]` in the configuration of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from recast.dispatch.addresses import sender_of
from recast.errors import UsageError
from recast.paths import places
from recast.tomlfile import TomlFile, read_toml

__all__ = ["DispatchSettings", "MailSettings", "load_dispatch"]

Settings = TypeVar("Settings", "DispatchSettings", "MailSettings")


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """How a dispatcher runs what it takes: the site's policy, which no request can change.

    `most_runs` are driven at once, each by a process of its own. `executor` and `runtime` are names, empty for those of
    the site's configuration; `max_parallel` bounds the jobs of one run. With `build_images`, images that a published
    version has recipes for are built when they are missing. Work is lost to others after `lease_s` without a word, and
    given up after `most_tries` failures of the machines.
    """

    most_runs: int = 2
    executor: str = ""
    runtime: str = ""
    max_parallel: int = 0
    build_images: bool = True
    lease_s: int = 60
    most_tries: int = 5


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail goes: nowhere without a `host`. `password_file` holds the password of `user`, alone in the file.

    `security` is `starttls`, `tls`, or `none` for a server on this machine.
    """

    host: str = ""
    port: int = 25
    sender: str = ""
    user: str = ""
    password_file: str = ""
    security: str = "none"
    timeout_s: int = 20


def load_dispatch(config: Path | None = None) -> tuple[DispatchSettings, MailSettings, str]:
    """Return the settings and the service's base URL, of a file (by default `service.toml` of the state folder).

    Raises UsageError with file and line.
    """
    path = config or places().state_dir / "service.toml"
    file = read_toml(path, "The configuration of the service") if config or path.exists() else TomlFile()
    dispatch = _read(file, "dispatch", DispatchSettings)
    mail = _read(file, "mail", MailSettings)
    _check(file, mail)
    return dispatch, mail, str(file.table("service").get("base_url", "")).rstrip("/")


def _read(file: TomlFile, table: str, kind: Callable[..., Settings]) -> Settings:
    known: Mapping[str, Any] = {it.name: it.default for it in fields(kind)}  # type: ignore[arg-type]
    file.check_names(list(known), table)
    said = file.table(table)
    for name, value in said.items():
        if type(value) is not type(known[name]) or (
            type(value) is int and value < (0 if name == "max_parallel" else 1)
        ):
            raise UsageError(
                f"{name} is not {'a positive number' if type(known[name]) is int else _KINDS[type(known[name])]}",
                where=file.where(table, name),
                next_step=f"write {name} = {known[name]!r}".replace("'", '"').lower(),
            )
    return kind(**said)


_KINDS: Mapping[type, str] = {str: "a text", bool: "true or false"}


def _check(file: TomlFile, mail: MailSettings) -> None:
    if mail.security not in ("none", "starttls", "tls"):
        raise UsageError(
            "There is no such security of mail",
            where=file.where("mail", "security"),
            next_step='security = "starttls", "tls" or "none"',
        )
    if mail.host and not mail.sender:
        raise UsageError(
            "Mail needs a sender", where=file.where("mail"), next_step='sender = "RECAST <recast@example.org>"'
        )
    try:
        if mail.sender:
            sender_of(mail.sender)
    except ValueError as problem:
        raise UsageError(
            "The sender of mail is no address",
            where=file.where("mail", "sender"),
            why=str(problem),
            next_step='sender = "RECAST <recast@example.org>"',
        ) from problem
