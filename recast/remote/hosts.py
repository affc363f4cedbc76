"""The servers of forges, and their tokens: the only reader of the environment variables for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from recast.errors import UsageError
from recast.masked import masked_url

__all__ = ["TOKEN_VARIABLES", "Hosts", "hosts", "hosts_without_tokens", "origin_of", "shown", "timeout_of"]

TOKEN_VARIABLES = {
    "github": ("RECAST_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab-cern": ("RECAST_GITLAB_CERN_TOKEN", "YADAGE_SCHEMA_LOAD_TOKEN", "YADAGE_INIT_TOKEN"),
}
"""The variables for a forge's token; the first one that is set is used. The last ones are yadage's."""


@dataclass(frozen=True)
class Hosts:
    """The base URLs of the forges' APIs by scheme, their tokens (never shown), and how long to wait for an answer."""

    apis: Mapping[str, str]
    tokens: Mapping[str, str] = field(repr=False)
    timeout_s: float = 20.0

    def credentials(self, url: str) -> dict[str, str]:
        """Return the authorization headers: none unless the URL belongs to the API that the token is for."""
        for scheme, token in self.tokens.items():
            if origin_of(url) == origin_of(self.apis[scheme]):
                return {"Authorization": f"Bearer {token}"} if scheme == "github" else {"PRIVATE-TOKEN": token}
        return {}

    def scheme_of(self, url: str) -> str | None:
        """Return the forge that a URL belongs to, None for any other server."""
        return next((scheme for scheme, api in self.apis.items() if origin_of(api) == origin_of(url)), None)


def hosts(environ: Mapping[str, str] | None = None) -> Hosts:
    """Return the servers, from `RECAST_GITHUB_API`, `RECAST_GITLAB_CERN_API` and the tokens' variables."""
    env = os.environ if environ is None else environ
    apis = {
        "github": env.get("RECAST_GITHUB_API") or "https://api.github.com",
        "gitlab-cern": env.get("RECAST_GITLAB_CERN_API") or "https://gitlab.cern.ch/api/v4",
    }
    tokens = {
        scheme: token
        for scheme, names in TOKEN_VARIABLES.items()
        if (token := next((env[name].strip() for name in names if env.get(name, "").strip()), ""))
    }
    for scheme in tokens:
        _check_private(apis[scheme])
    return Hosts({scheme: api.rstrip("/") for scheme, api in apis.items()}, tokens, timeout_of(env))


def hosts_without_tokens(environ: Mapping[str, str] | None = None) -> Hosts:
    """Return the servers as `hosts` does, for what somebody else wants: the user's tokens are not theirs."""
    return replace(hosts(environ), tokens={})


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def shown(url: str) -> str:
    """Return a URL that is safe to print and record: without user, password and secrets in its query."""
    return masked_url(url)


def _check_private(api: str) -> None:
    """Refuse to send a token unencrypted over a network."""
    from recast.worker.remote.guard import may_carry_secrets

    if not may_carry_secrets(api):
        raise UsageError(
            "A token would be sent over an unencrypted connection",
            where=shown(api),
            why="Anybody on the network path could read and use it.",
            next_step="Give the API's https:// URL, or unset the token.",
        )


def timeout_of(env: Mapping[str, str]) -> float:
    """Return how long to wait for a silent server, in seconds: `RECAST_HTTP_TIMEOUT_S`, 20 if unset."""
    text = env.get("RECAST_HTTP_TIMEOUT_S") or "20"
    try:
        timeout_s = float(text)
    except ValueError:
        timeout_s = 0.0
    if not 0 < timeout_s <= 3600:
        raise UsageError("RECAST_HTTP_TIMEOUT_S is not a time in seconds", where=text, next_step="unset it, or set 20")
    return timeout_s
