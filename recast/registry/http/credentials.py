"""Credentials for registries: the standard files of Podman and Docker, and their helpers."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recast.errors import PermissionDenied
from recast.json_types import JsonDict
from recast.registry.name import DOCKER_HUB, Target

__all__ = ["Credentials", "credential_files", "find_credentials"]

_LARGEST_FILE = 1 << 20
_LONGEST_HELP_S = 30.0
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HUB_KEYS = ("docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True)
class Credentials:
    """User and password, or an identity token that is exchanged for others; `source` says where they were found."""

    user: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    source: str = ""

    @property
    def basic(self) -> str:
        """Return the value of an `Authorization` header for HTTP Basic."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


def credential_files(environ: Mapping[str, str]) -> list[Path]:
    """Return the credential files in the order in which they are searched, existing or not."""
    home = Path(environ.get("HOME") or Path.home())
    named = environ.get("REGISTRY_AUTH_FILE")
    runtime = environ.get("XDG_RUNTIME_DIR")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    docker = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    return [
        *([Path(named)] if named else []),
        *([Path(runtime) / "containers" / "auth.json"] if runtime else []),
        config / "containers" / "auth.json",
        docker / "config.json",
    ]


def find_credentials(target: Target, environ: Mapping[str, str] | None = None) -> Credentials | None:
    """Return the credentials for a repository, None if there are none.

    The longest matching key is used (`host/group/name`, then `host/group`, then `host`), in the first file that has
    one. Raise PermissionDenied for a file or a helper that cannot be used.
    """
    for path in credential_files(os.environ if environ is None else environ):
        document = _read(path)
        for key in _keys(target):
            found = _in_file(document, key, path)
            if found is not None:
                return found
    return None


def _keys(target: Target) -> Iterator[str]:
    parts = target.name.split("/")
    for count in range(len(parts), 1, -1):
        yield "/".join(parts[:count])
    for host in _HUB_KEYS if target.host == DOCKER_HUB else (target.host,):
        yield from (host, f"https://{host}/v1/", f"https://{host}/v2/", f"https://{host}")


def _read(path: Path) -> JsonDict:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        document = json.loads(content) if content.strip() else {}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as problem:
        raise _unusable(path, str(problem)) from problem
    if len(content) > _LARGEST_FILE or not isinstance(document, dict):
        raise _unusable(path, "It is not a JSON object of ordinary size.")
    return document


def _in_file(document: JsonDict, key: str, path: Path) -> Credentials | None:
    helpers = document.get("credHelpers")
    helper = helpers.get(key) if isinstance(helpers, dict) else None
    if isinstance(helper, str):
        return _ask(helper, key, path)
    entries = document.get("auths")
    entry = entries.get(key) if isinstance(entries, dict) else None
    if isinstance(entry, dict) and (found := _from_entry(entry, path)) is not None:
        return found
    store = document.get("credsStore")
    return _ask(store, key, path) if isinstance(store, str) and store and "/" not in key.rstrip("/") else None


def _from_entry(entry: JsonDict, path: Path) -> Credentials | None:
    identity = entry.get("identitytoken")
    if isinstance(identity, str) and identity:
        return Credentials(identity_token=identity, source=str(path))
    user, password = entry.get("username"), entry.get("password")
    if isinstance(entry.get("auth"), str) and entry["auth"]:
        try:
            user, _, password = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as problem:
            raise _unusable(path, "An `auth` in it is not base64 of USER:PASSWORD.") from problem
    if not isinstance(user, str) or not isinstance(password, str) or not user:
        return None
    return Credentials(user, password.rstrip("\0"), source=str(path))


def _ask(helper: str, server: str, path: Path) -> Credentials | None:
    """Call `docker-credential-HELPER get`; return None if it has no credentials for the server."""
    if not _HELPER.fullmatch(helper):
        raise _unusable(path, f"{helper!r} is not a name of a credential helper.")
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"], input=server.encode(), capture_output=True, timeout=_LONGEST_HELP_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise _unusable(path, f"{program} cannot be asked: {problem}") from problem
    if done.returncode != 0:
        if b"not found" in done.stdout + done.stderr:
            return None
        raise _unusable(path, f"{program} failed: {(done.stdout or done.stderr)[:300].decode(errors='replace')}")
    try:
        said = json.loads(done.stdout)
        user, secret = str(said["Username"]), str(said["Secret"])
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise _unusable(path, f"{program} gave no Username and Secret.") from problem
    source = f"{program} ({path})"
    return (
        Credentials(identity_token=secret, source=source)
        if user == "<token>"
        else Credentials(user, secret, source=source)
    )


def _unusable(path: Path, why: str) -> PermissionDenied:
    return PermissionDenied(
        "The credentials for registries cannot be read",
        where=str(path),
        why=why,
        next_step="fix the file, or name another one: export REGISTRY_AUTH_FILE=FILE",
        code="registry.credentials",
    )
