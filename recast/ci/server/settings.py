"""The configuration of `recast ci serve`, `ci-server.toml`: which repositories, their hooks, tokens and trust.

listen = "127.0.0.1:8471"

[repositories.my-analysis]
url = "https://gitlab.example.org/group/my-analysis.git"
dialect = "gitlab"
secret_file = "my-analysis.hook"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args

from recast.ci.checkout import Limits, Remote
from recast.ci.checkout.refs import fault_of_ref
from recast.ci.forges import DIALECTS, Dialect, Hook
from recast.ci.forges.client import Forge
from recast.ci.forges.proof import SIGNING_PREFIX, signing_key
from recast.errors import RecastError, UsageError
from recast.json_types import JsonValue
from recast.paths import places
from recast.secretfile import read_secret
from recast.suggest import nearest
from recast.tomlfile import TomlFile, read_toml

__all__ = ["Forks", "Repository", "ServerSettings", "load_settings"]

T = TypeVar("T")
Forks = Literal["wait", "untrusted", "refuse"]
AtFirst = Literal["trusted", "branches"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_SERVER_KEYS = ("command", "keep_days", "listen", "look_s", "page_url", "parallel", "repositories", "retry_s", "state")
_KEYS = (
    *("approvers", "at_first", "context", "dialect", "executor", "forks", "key", "most_bytes", "most_files", "project"),
    *("push", "secret_file", "status_url", "timeout_s", "token_file", "trusted_branch", "url"),
)
_LEAST_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository under analysis; see docs/how-to/continuous-analysis-server.md for each setting."""

    name: str
    remote: Remote
    hook: Hook | None
    forge: Forge | None
    trusted_branch: str = "main"
    executor: str = "local"
    forks: Forks = "wait"
    approvers: tuple[str, ...] = ()
    at_first: AtFirst = "trusted"
    context: str = "recast"
    push: str = ""
    key: str = ""
    timeout_s: float = 86400.0
    limits: Limits = field(default_factory=Limits)

    @property
    def trusted_ref(self) -> str:
        """Return the full name of the branch that moves the reference."""
        return f"refs/heads/{self.trusted_branch}"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What the server does. `command` starts a pipeline; empty for `recast ci run` of this installation."""

    host: str
    port: int
    state: Path
    repositories: dict[str, Repository]
    parallel: int = 1
    look_s: float = 60.0
    retry_s: float = 60.0
    keep_days: float = 30.0
    page_url: str = ""
    command: tuple[str, ...] = ()


def load_settings(path: Path) -> ServerSettings:
    """Read a configuration; raise UsageError with file, line and key, and PermissionDenied for secrets that others can
    read.
    """
    file = read_toml(path, "The configuration of the server")
    file.check_names(_SERVER_KEYS)
    whole = _Table(file, ())
    host, port = _address(whole)
    state = whole.text("state", str(places().state_dir / "ci-server"))
    named = file.table("repositories")
    if not named:
        raise UsageError(
            "The server has no repository", where=str(path), next_step="add a table [repositories.NAME] with a url"
        )
    return ServerSettings(
        host=host,
        port=port,
        state=(path.parent / state).absolute(),
        repositories={name: _repository(file, name, path.parent) for name in named},
        parallel=int(whole.number("parallel", 1, 1, 64)),
        look_s=whole.number("look_s", 60, 1, 86400),
        retry_s=whole.number("retry_s", 60, 0, 86400),
        keep_days=whole.number("keep_days", 30, 0, 10_000),
        page_url=whole.text("page_url", "").rstrip("/"),
        command=whole.texts("command"),
    )


def _address(whole: _Table) -> tuple[str, int]:
    host, _, port = whole.text("listen", "127.0.0.1:8471").rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise whole.wrong("listen", 'an address and a port, as in "127.0.0.1:8471"')
    return host.strip("[]"), int(port)


def _repository(file: TomlFile, name: str, folder: Path) -> Repository:
    table = _Table(file, ("repositories", name))
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r:.80} cannot be the name of a repository here",
            where=file.where("repositories", name),
            why="It becomes part of an address and of file names.",
            next_step="use small letters, digits and ._- (64 at most)",
        )
    file.check_names(_KEYS, "repositories", name)
    token = table.secret("token_file", folder)
    remote = table.made("url", lambda: Remote(table.text("url"), token))
    limits = Limits(
        most_files=int(table.number("most_files", 100_000, 1, 10_000_000)),
        most_bytes=int(table.number("most_bytes", 2 << 30, 1, 1 << 40)),
    )
    trusted = table.text("trusted_branch", "main")
    if fault_of_ref(f"refs/heads/{trusted}"):
        raise table.wrong("trusted_branch", "the name of a branch")
    return Repository(
        name=name,
        remote=remote,
        hook=_hook(table, remote, folder),
        forge=_forge(table, token),
        trusted_branch=trusted,
        executor=table.text("executor", "local"),
        forks=table.one_of("forks", get_args(Forks), "wait"),
        approvers=table.texts("approvers"),
        at_first=table.one_of("at_first", get_args(AtFirst), "trusted"),
        context=table.text("context", "recast"),
        push=table.text("push", ""),
        key=table.text("key", ""),
        timeout_s=table.number("timeout_s", 86400, 1, 30 * 86400),
        limits=limits,
    )


def _hook(table: _Table, remote: Remote, folder: Path) -> Hook | None:
    if "secret_file" not in table.content:
        return None
    dialect: Dialect = table.one_of("dialect", DIALECTS, "")
    secret = table.secret("secret_file", folder).encode()
    if len(secret) < _LEAST_SECRET_BYTES or (secret.startswith(SIGNING_PREFIX) and signing_key(secret) is None):
        raise table.wrong("secret_file", "a file with a secret of 16 characters or more, or a signing secret of GitLab")
    return Hook(dialect, table.text("project", remote.path), secret)


def _forge(table: _Table, token: str) -> Forge | None:
    if "status_url" not in table.content:
        return None
    if not token:
        raise table.wrong("status_url", "an address together with token_file")
    dialect: Dialect = table.one_of("dialect", DIALECTS, "")
    return table.made("status_url", lambda: Forge(dialect, table.text("status_url").rstrip("/"), token))


class _Table:
    """A table of the file whose values are read with their types checked."""

    def __init__(self, file: TomlFile, keys: tuple[str, ...]) -> None:
        self.file, self.keys, self.content = file, keys, file.table(*keys)

    def wrong(self, key: str, wanted: str) -> UsageError:
        """Return the error for a value."""
        return UsageError(f"{key} is not valid", where=self.file.where(*self.keys, key), why=f"It must be {wanted}.")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        value = self.content.get(key, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self.wrong(key, "a text, and it must be there" if default is None else "a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value: JsonValue = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts")
        return tuple(value)

    def number(self, key: str, default: float, least: float, most: float) -> float:
        """Return a number within bounds."""
        value = self.content.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise self.wrong(key, f"a number from {least:g} to {most:g}")
        return float(value)

    def one_of(self, key: str, known: tuple[T, ...], default: str) -> T:
        """Return one of a few texts."""
        value = self.text(key, default)
        for word in known:
            if value == word:
                return word
        near = nearest(value, [str(word) for word in known])
        raise self.wrong(key, f"one of {', '.join(map(str, known))}" + (f" (did you mean {near}?)" if near else ""))

    def secret(self, key: str, folder: Path) -> str:
        """Return the content of a file of a secret; an empty string if the setting is not there."""
        if key not in self.content:
            return ""
        return read_secret(folder / Path(self.text(key)).expanduser(), self.file.where(*self.keys, key))

    def made(self, key: str, make: Callable[[], T]) -> T:
        """Return what `make` makes; its error gets the place of the key."""
        try:
            return make()
        except RecastError as problem:
            raise UsageError(
                problem.what, where=self.file.where(*self.keys, key), why=problem.why, next_step=problem.next_step
            ) from problem
