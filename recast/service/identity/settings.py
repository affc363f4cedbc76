"""How people come in: the service's URL, local accounts, the OIDC provider; from the tables `[people]` and `[oidc]`.

[people]
local_accounts = true                      # beyond loopback there are none unless this says so
proxies = ["10.0.0.5"]                     # whose X-Forwarded-For counts; by default a proxy on this machine

[oidc]
name = "CERN"
issuer = "https://auth.cern.ch/auth/realms/cern"
client_id = "recast"
client_secret_file = "/etc/recast/oidc-secret"    # mode 0600; without it, a public client
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from recast.errors import PermissionDenied, UsageError
from recast.json_types import JsonObject
from recast.ledger.people.quotas import DEFAULTS, Quantity
from recast.secretfile import read_secret
from recast.tomlfile import TomlFile
from recast.worker.remote.guard import is_loopback, may_carry_secrets

__all__ = ["IdentitySettings", "OidcSettings", "read_identity", "settled"]

_SCOPES = "openid profile email"

T = TypeVar("T", bool, str)
_WORDS: dict[type, str] = {bool: "word of true and false", str: "text"}


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An OIDC provider. Its groups are not asked for: roles are given here, by people (docs/adr/0076)."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scopes: str = _SCOPES
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """How people come in. `local_accounts` is None where nobody said anything."""

    base_url: str = ""
    local_accounts: bool | None = None
    oidc: OidcSettings | None = None
    quotas: dict[Quantity, float] = field(default_factory=lambda: dict(DEFAULTS))
    requests_per_minute: int = 6000
    proxies: frozenset[str] = frozenset()

    @property
    def secure(self) -> bool:
        """Whether browsers reach the service by TLS, so that its cookies need it."""
        return self.base_url.startswith("https://")

    @property
    def prefix(self) -> str:
        """The path below which the service lies, without a slash at the end; empty for none."""
        return urlsplit(self.base_url).path.rstrip("/")


def read_identity(file: TomlFile, base_url: str = "") -> IdentitySettings:
    """Return the settings in the tables `[people]`, `[quotas]` and `[oidc]`; raise UsageError with file and line."""
    file.check_names(("local_accounts", "proxies", "requests_per_minute"), "people")
    file.check_names(DEFAULTS, "quotas")
    people = file.table("people")
    return IdentitySettings(
        base_url=base_url,
        local_accounts=_typed(file, people, bool, "people", "local_accounts"),
        oidc=_oidc(file) if file.table("oidc") else None,
        quotas={what: _positive(file, "quotas", what, usual) for what, usual in DEFAULTS.items()},
        requests_per_minute=int(_positive(file, "people", "requests_per_minute", 6000)),
        proxies=_proxies(file, base_url),
    )


def settled(settings: IdentitySettings, host: str) -> IdentitySettings:
    """Return the settings of a service that listens on `host`: local accounts are or are not, None no more.

    By default they are where nobody but this machine can reach the service. Raises PermissionDenied if nobody could
    log in.
    """
    here = is_loopback(f"[{host}]" if ":" in host else host)
    local = here if settings.local_accounts is None else settings.local_accounts
    if settings.oidc is None and not local:
        raise PermissionDenied(
            "Local accounts are not offered to a network",
            where=f"--host {host}",
            why="Passwords of our own are for one machine; a service for others has an OIDC provider for that.",
            next_step="set [oidc] in the configuration, or local_accounts = true in [people] if you know what it means",
            code="permission.local-accounts",
        )
    return replace(settings, local_accounts=local)


def _proxies(file: TomlFile, base_url: str) -> frozenset[str]:
    """Return the addresses of reverse proxies: those that are named, else this machine if its URL leads elsewhere."""
    said = file.table("people").get("proxies")
    if said is None:
        host = urlsplit(base_url).netloc
        return frozenset({"", "127.0.0.1", "::1"}) if host and not is_loopback(host) else frozenset()
    if not isinstance(said, list) or not all(isinstance(address, str) for address in said):
        raise UsageError("proxies is not a list of addresses", where=file.where("people", "proxies"))
    return frozenset(said)


def _oidc(file: TomlFile) -> OidcSettings:
    names = ("name", "issuer", "client_id", "client_secret_file", "scopes", "timeout_s")
    file.check_names(names, "oidc")
    table = file.table("oidc")
    texts = {name: _typed(file, table, str, "oidc", name) for name in names[:5]}
    for name in ("issuer", "client_id"):
        if not texts[name]:
            raise UsageError(f"The OIDC provider has no {name}", where=file.where("oidc", name))
    issuer = str(texts["issuer"])
    if not may_carry_secrets(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise UsageError("The issuer is not an https:// URL", where=file.where("oidc", "issuer"))
    secret_file = texts["client_secret_file"]
    return OidcSettings(
        name=str(texts["name"] or urlsplit(issuer).hostname),
        issuer=issuer,
        client_id=str(texts["client_id"]),
        client_secret=read_secret(Path(str(secret_file)), file.where("oidc", "client_secret_file"))
        if secret_file
        else "",
        scopes=_with_openid(str(texts["scopes"] or _SCOPES)),
        timeout_s=min(60.0, _positive(file, "oidc", "timeout_s", 10.0)),
    )


def _with_openid(scopes: str) -> str:
    return scopes if "openid" in scopes.split() else f"openid {scopes}"


def _typed(file: TomlFile, table: JsonObject, kind: type[T], *keys: str) -> T | None:
    value = table.get(keys[-1])
    if value is not None and not isinstance(value, kind):
        raise UsageError(f"{keys[-1]} is not a {_WORDS[kind]}", where=file.where(*keys))
    return value


def _positive(file: TomlFile, table: str, key: str, default: float = 0.0) -> float:
    value = file.table(table).get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e15:
        raise UsageError(f"{key} is not a number from 0", where=file.where(table, key))
    return float(value)
