"""The remote repository that a configuration names: its URL, checked, and the token to read it with."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from recast.errors import UsageError
from recast.masked import masked_url
from recast.terminal_safe import is_invisible
from recast.worker.remote.guard import may_carry_secrets

__all__ = ["SCHEMES", "Remote"]

SCHEMES = ("https", "http", "file")


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository by its URL. Only the protocol of this URL is allowed to git, whatever the repository says.

    Raises UsageError for a URL that is not allowed: other protocols, passwords, options in disguise, a token without
    encryption.
    """

    url: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Check the URL."""
        if why := _fault(self.url, bool(self.token)):
            raise UsageError(
                "The URL of a repository is not allowed",
                where=masked_url(self.url),
                why=why,
                next_step="give the URL as https://SERVER/GROUP/NAME.git, and a token in a file",
            )

    @property
    def scheme(self) -> str:
        """Return the only protocol that git may use."""
        return urlsplit(self.url).scheme

    @property
    def path(self) -> str:
        """Return what forges call the repository by: `group/name`."""
        return urlsplit(self.url).path.strip("/").removesuffix(".git")

    def header(self) -> str:
        """Return the header with the token, which all forges take as a password; an empty string without one."""
        if not self.token:
            return ""
        return "Authorization: Basic " + base64.b64encode(f"oauth2:{self.token}".encode()).decode()


def _fault(url: str, secret: bool) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "It is not a URL."
    if parts.scheme not in SCHEMES or "://" not in url or "::" in url.partition("://")[0]:
        return f"Allowed are {', '.join(SCHEMES)}."
    if parts.username is not None or parts.password is not None:
        return "It contains a user or a password, which every log would show."
    if any(is_invisible(letter) or letter in " \\" for letter in url) or parts.query or parts.fragment:
        return "It contains spaces, invisible characters, a query or a fragment."
    if (parts.scheme == "file") != (not host) or not parts.path.startswith("/") or parts.path.startswith("//"):
        return "Its server or its path is missing."
    if (host or "").startswith("-"):
        return "Its server begins with a dash."
    if secret and not may_carry_secrets(url):
        return "A token would be sent over an unencrypted connection."
    return ""
