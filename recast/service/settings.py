"""The settings of a service: where it listens, what the outside calls it, which database it uses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """`base_url` is how the outside reaches the service, with the prefix of a reverse proxy if there is one.

    `insecure_local_accounts` lets local accounts log in although the service listens beyond loopback.
    """

    database: str
    host: str = "127.0.0.1"
    port: int = 8470
    base_url: str = ""
    insecure_local_accounts: bool = False

    @property
    def prefix(self) -> str:
        """The path below which the outside finds the service; empty, or with a slash in front and none behind."""
        return urlsplit(self.base_url).path.rstrip("/")
