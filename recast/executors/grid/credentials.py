"""Who we are to a service of a grid: a proxy or a bearer token, looked at before each call."""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recast.errors import CredentialsProblem, ExecutorError
from recast.executors.grid.certificate import expiry
from recast.strictjson import parse_json

__all__ = ["Credentials", "find_credentials"]

_FIXES = {
    "proxy": "arcproxy (or voms-proxy-init -voms <your VO>), then: recast resume",
    "bearer token": "write a new token into that file, then: recast resume",
}
_MOST_BYTES = 1 << 20
_GRID_AUTHORITIES = Path("/etc/grid-security/certificates")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where a proxy (`is_token`: a token) lies, and the authorities that we trust.

    Those of `ca_dir` alone; without it those of this machine, and of the grid where they are installed. `whom` is the
    service in messages, `owner` the executor whose settings name the files.
    """

    file: Path
    ca_dir: Path | None
    is_token: bool = False
    whom: str = "the computing element"
    owner: str = "arc"

    @property
    def look(self) -> str:
        """What shows how long the credentials are valid, and for whom."""
        return f"the token in {self.file}" if self.is_token else "arcproxy -I"

    def stamp(self) -> tuple[int, int, int]:
        """Return a value that changes when the file is rewritten; raise CredentialsProblem if there is no file."""
        try:
            found = self.file.stat()
        except OSError as problem:
            raise self._problem("There is no {} for {}", problem.strerror or "") from problem
        return found.st_mtime_ns, found.st_size, found.st_ino

    def check(self, now: datetime | None = None) -> None:
        """Raise CredentialsProblem if the credentials are missing, unreadable or expired."""
        end = self.expires()
        if end is not None and end <= (now or datetime.now(UTC)):
            raise self._problem("The {} for {} has expired", f"it was valid until {_at(end)}")

    def expires(self) -> datetime | None:
        """Return when the credentials expire; None for a token without an expiry."""
        content = self._read()
        try:
            return _token_expiry(content) if self.is_token else expiry(content)
        except ValueError as problem:
            raise self._problem("The {} for {} cannot be read", str(problem)) from problem

    def context(self) -> ssl.SSLContext:
        """Return how to speak TLS: the other side is always verified. Raises ExecutorError, CredentialsProblem."""
        if self.ca_dir is not None and not self.ca_dir.is_dir():
            raise ExecutorError(
                f"There are no certificate authorities to verify {self.whom} by",
                where=str(self.ca_dir),
                next_step=f"# install the package ca-policy-egi-core (or your grid's), or set ca_dir of {self.owner}",
            )
        context = ssl.create_default_context(capath=str(self.ca_dir) if self.ca_dir else None)
        if self.ca_dir is None and _GRID_AUTHORITIES.is_dir():
            context.load_verify_locations(capath=str(_GRID_AUTHORITIES))
        if not self.is_token:
            try:
                context.load_cert_chain(self.file)
            except (OSError, ssl.SSLError) as problem:
                raise self._problem("The {} for {} cannot be used", str(problem)) from problem
        return context

    def headers(self) -> Mapping[str, str]:
        """Return the headers of each request."""
        return {"Authorization": f"Bearer {self._read().decode('ascii').strip()}"} if self.is_token else {}

    def refused(self, why: str) -> CredentialsProblem:
        """Return the error for credentials that the other side does not take."""
        return self._problem(f"{self.whom[0].upper()}{self.whom[1:]} does not accept the {{}}", why)

    def _read(self) -> bytes:
        try:
            with self.file.open("rb") as file:
                content = file.read(_MOST_BYTES)
        except OSError as problem:
            raise self._problem("There is no {} for {}", problem.strerror or "") from problem
        if self.is_token and not content.strip().isascii():
            raise self._problem("The {} for {} cannot be read", "it is not ASCII")
        return content

    def _problem(self, what: str, why: str) -> CredentialsProblem:
        name = "bearer token" if self.is_token else "proxy"
        return CredentialsProblem(what.format(name, self.whom), where=str(self.file), why=why, next_step=_FIXES[name])


def find_credentials(
    proxy: str | None,
    token_file: str | None,
    ca_dir: str | None,
    *,
    whom: str = "the computing element",
    owner: str = "arc",
    default_ca_dir: str | None = str(_GRID_AUTHORITIES),
) -> Credentials:
    """Return where credentials are: as set, else as grid tools have it in the environment.

    `default_ca_dir` is where authorities are if nobody says so; None for those of this machine.
    """
    named = ca_dir or os.environ.get("X509_CERT_DIR") or default_ca_dir
    authorities = Path(named) if named else None
    if token_file:
        return Credentials(Path(token_file).expanduser(), authorities, True, whom, owner)
    name = proxy or os.environ.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}"  # noqa: S108 - the grid's place
    return Credentials(Path(name).expanduser(), authorities, False, whom, owner)


def _token_expiry(content: bytes) -> datetime | None:
    """Return the `exp` claim of a JSON web token (RFC 7519); None if it is not one, or has none."""
    parts = content.strip().split(b".")
    if len(parts) != 3:
        return None
    try:
        claims = parse_json(base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
