"""Text and documents without secrets: no token is shown or passed on, wherever it occurs.

Only known harmless parameters of a URL's query are kept: a server may give a token any name.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus, urlsplit

__all__ = ["MASK", "masked", "masked_json", "masked_url", "shows_secret"]

MASK = "***"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:/{2,3}[^\s\"'<>`|\\^\x00-\x20\x7f-\x9f]+")
_NAMES = re.compile(r"(?i)(?:.{0,60}[_.-])?(?:pwd|jwt|authz?|bearer)")
"""Names of secrets besides those that the linter knows: too common in specs to be reported there."""

_HINTS = (
    *("passw", "passphrase", "pwd", "jwt", "auth", "bearer", "secret", "token", "key", "credential", "kinit", "sudo"),
    *("curl", "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat-", "gldt-", "glptt-"),
    *("glrt-", "glcbt-", "glsoat-", "glft-", "glagent-", "dckr_pat", "xox", "aiza", "pypi-", "npm_", "sk-", "sk_"),
    *("hf-", "hf_", "eyj", "rct_", "rcs_", "rcl_", "rci_"),
)
"""A text or name without any of these contains no known secret; this quick check settles most texts."""

_ONE_SLASH = re.compile(r"(?i)\b((?:git\+)?https?|oci|roots?|davs?|s3|ssh):/(?=[^/\s])")
"""A URL that was treated as a path has lost a slash."""

_PORT = re.compile(r"[^:]*(?::\d*)?|\[[^]]*\](?::\d*)?")
_USER_INSIDE = re.compile(r"(/{2,3})[^/]*@")
"""For a URL in the path of another URL."""

_PARAMETER = re.compile(r";([^=;/?#]*)=([^;/?#]*)")
_WORDS = re.compile(r"(?=.{1,30}$)[A-Za-z]+(?:[_.-][A-Za-z]+)*")
_HARMLESS = {
    *("artifacttype", "digest", "dl", "download", "format", "from", "inline", "last", "mount", "n", "page", "path"),
    *("per_page", "platform", "raw", "ref", "scope", "service", "sha", "size", "table", "tag", "version"),
}
"""Names of query parameters that say what is requested, not who requests it."""

_HARMLESS_VALUE = re.compile(r"[A-Za-z0-9_.:/@,+ -]{0,200}")
_HARMLESS_FRAGMENT = re.compile(r"sha256=[0-9a-fA-F]{64}|/[A-Za-z0-9_./~-]{0,100}")


def masked(text: str) -> str:
    """Return a text with every recognized secret replaced by three stars: in URLs, by its format, by its name."""
    if "\n" in text:
        if ":/" not in text and not _hints(text):  # as most long texts
            return text
        return "\n".join(map(masked, text.split("\n")))
    if ":/" in text:
        text = _ONE_SLASH.sub(r"\1://", text)
        text = _URL.sub(lambda found: masked_url(found[0]), text)
    return _without_shapes(text)


def masked_url(url: str) -> str:
    """Return a URL that is safe to print and record: without user, password and possible secrets in the query."""
    if "://" not in url:
        return url  # a file's name
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return f"{url.partition(':')[0]}://{MASK}"
    if not _PORT.fullmatch(netloc):  # what was cut off at an @ may have been a password
        netloc = MASK
    fragment = parts.fragment if _HARMLESS_FRAGMENT.fullmatch(parts.fragment) or not parts.fragment else MASK
    query = "&".join(map(_masked_pair, parts.query.split("&"))) if parts.query else ""
    path = _PARAMETER.sub(rf";\1={MASK}", _USER_INSIDE.sub(r"\1", parts.path))
    # Joined by hand: urlunsplit drops a second slash, which a root: URL needs.
    return (
        f"{url[: len(parts.scheme)]}://{netloc}{path}"
        + (f"?{query}" if query else "")
        + (f"#{fragment}" if fragment else "")
    )


def masked_json(value: Any, name: str = "") -> Any:
    """Return a JSON value with all strings masked; `name` is the key of the value, which can identify a secret, too."""
    if isinstance(value, str):
        return MASK if name and _tells(name, value) else masked(value)
    if isinstance(value, dict):
        return {key: masked_json(item, key if isinstance(key, str) else "") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_json(item, name) for item in value]
    return value


def shows_secret(text: str) -> bool:
    """Return whether a text holds what is known as a secret by its shape: a token, a password in a URL or a header."""
    return _without_shapes(text) != text


def _hints(text: str) -> bool:
    lower = text.lower()
    for hint in _HINTS:  # noqa: SIM110 - a plain loop is thrice as fast, and this is asked of every text
        if hint in lower:
            return True
    return False


def _without_shapes(text: str) -> str:
    """Return a text without the secrets that the linter also recognizes by their format."""
    if not _hints(text):
        return text
    from recast.secret_text import redacted  # this imports all of `recast.spec`: not for every line

    return redacted(text, ())


def _tells(name: str, value: str) -> bool:
    if not _hints(name):
        return False
    from recast.secret_text import in_pair

    return any(in_pair(name, value)) or (_NAMES.fullmatch(name) is not None and any(in_pair("token", value)))


def _masked_pair(pair: str) -> str:
    """Return one `name=value` of a query; unless it is known to be harmless, its value is masked, or its name."""
    name, _, value = pair.partition("=")
    told, value_told = unquote_plus(name), unquote_plus(value)
    if (
        told.lower() in _HARMLESS
        and _HARMLESS_VALUE.fullmatch(value_told)
        and _without_shapes(value_told) == value_told
    ):
        return pair
    if not any(map(str.isalnum, value)):  # then the name is all there is, and may be a token with its padding
        return MASK if name else ""
    return f"{name if _WORDS.fullmatch(told) else MASK}={MASK}"
