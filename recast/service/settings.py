"""The settings of a service: what the outside calls it, how people come in, which database it uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recast.json_types import JsonObject
from recast.paths import places
from recast.service.identity import IdentitySettings, read_identity, settled
from recast.tomlfile import TomlFile, read_toml

__all__ = ["Settings", "default_database", "load_settings"]

_TABLES = ("dispatch", "mail", "oidc", "people", "quotas", "service")
_OF_SERVICE = ("base_url", "database")


@dataclass(frozen=True, slots=True)
class Settings:
    """What one web process needs to know."""

    database: str
    identity: IdentitySettings

    @property
    def base_url(self) -> str:
        """How the outside reaches the service; empty as long as nobody said."""
        return self.identity.base_url

    @property
    def prefix(self) -> str:
        """The path below which a reverse proxy shows the service; empty, or with a slash in front and none behind."""
        return self.identity.prefix


def load_settings(host: str, database: str = "", base_url: str = "", config: Path | None = None) -> Settings:
    """Return the settings; what is given here wins over the file (`service.toml` in the state folder, if it is there).

    Raises UsageError with file and line, PermissionDenied if nobody could log in.
    """
    file = _read(config)
    file.check_names(_TABLES)
    file.check_names(_OF_SERVICE, "service")
    said = file.table("service")
    url = base_url or str(said.get("base_url", ""))
    identity = settled(read_identity(file, url.rstrip("/")), host)
    return Settings(database or _database(said), identity)


def default_database(config: Path | None = None) -> str:
    """Return the URL of the database that the configuration names, else that of SQLite in the state folder."""
    return _database(_read(config).table("service"))


def _database(said: JsonObject) -> str:
    return str(said.get("database") or f"sqlite:///{places().state_dir / 'service' / 'ledger.sqlite'}")


def _read(config: Path | None) -> TomlFile:
    path = config or places().state_dir / "service.toml"
    return read_toml(path, "The configuration of the service") if config or path.exists() else TomlFile()
