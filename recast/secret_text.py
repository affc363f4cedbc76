"""Finding secrets in text: tokens, passwords, private keys, credentials in URLs. What is found is never shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

__all__ = ["Secret", "in_line", "in_pair", "may_hold", "redacted"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that was found: its kind, and the secret itself, which must not appear in any message."""

    kind: str
    value: str = field(repr=False)


_MOST_KNOWN = 1000
"""A spec with more secrets than this is an attack on the linter."""

_LONGEST_LINE = 20_000
"""The rest of a longer line is not searched: the time per line must be bounded."""

_HINTS = (
    *("passw", "passphrase", "secret", "token", "key", "credential", "authorization", "://", "kinit", "sudo", "curl"),
    *("akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat-", "gldt-", "glptt-", "glrt-"),
    *("glcbt-", "glsoat-", "glft-", "glagent-", "dckr_pat", "xox", "aiza", "pypi-", "npm_", "sk-", "sk_", "hf-", "hf_"),
    *("eyj", "rct_", "rcs_", "rcl_", "rci_"),
)
"""A text without any of these (in lower case) contains no known secret; this quick check settles most texts."""

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("a private key", r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
        ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{30,255})"),
        ("a GitLab token", r"\bgl(?:pat|dt|ptt|rt|cbt|soat|ft|agent)-[\w-]{20,255}"),
        ("a Docker Hub token", r"\bdckr_pat_[\w-]{20,255}"),
        ("a Slack token", r"\bxox[abposr]-[\w-]{10,255}"),
        ("a Google key", r"\bAIza[\w-]{35}"),
        ("a token of a package registry", r"\b(?:pypi-[\w-]{40,255}|npm_[A-Za-z0-9]{36})"),
        ("an API key", r"\b(?:sk|hf)[-_][A-Za-z0-9][\w-]{24,255}"),
        ("a token of RECAST", r"\brc[tsli]_[\w-]{22,43}"),
        ("a JSON web token", r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{5,1000}"),
        ("a password in a URL", r"\b[A-Za-z][\w+.-]{1,20}://[^\s/:@'\"]{0,200}:(?P<value>[^\s/@'\"]{1,200})@"),
        ("an authorization header", r"(?i)\bauthorization\s*:\s*(?:basic|bearer|token)\s+(?P<value>[^\s'\"]{4,4000})"),
        ("a GitLab header", r"(?i)\b(?:private|job|deploy)-token\s*:\s*(?P<value>[^\s'\"]{4,4000})"),
        (
            "a password of curl",
            r"\bcurl\b.{0,500}?\s(?:-u|--user)[ =]?['\"]?[^\s:'\"]{1,99}:(?P<value>[^\s'\"]{1,99})",
        ),
        (
            "a piped password",
            r"\b(?:echo|printf)\s+(?:-n\s+)?['\"]?(?P<value>[^\s'\"|]{3,99})['\"]?\s*\|\s*(?:kinit|sudo -S)",
        ),
        ("a piped password", r"\bkinit\b.{0,200}<<<\s*['\"]?(?P<value>[^\s'\"]{3,200})"),
        (
            "a password of a command",
            r"(?i)\s--?(?:password|passwd|passphrase|token|secret|api-?key|access-?key|secret-?key)(?:=|\s+)"
            r"['\"]?(?P<value>[^\s'\"-][^\s'\"]{2,400})",
        ),
    )
)

_TELLING = (
    r"[A-Za-z0-9_.-]{0,60}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"credentials?)[A-Za-z0-9_]{0,20}"
)
_NAME = re.compile(_TELLING, re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"(?P<name>\b{_TELLING})['\"]?\s{{0,4}}[=:]\s{{0,4}}['\"]?(?P<value>[^\s'\",;)]{{3,400}})", re.IGNORECASE
)
_CODE = re.compile(r"[A-Za-z_][\w.]*[(\[]|(?:str|int|bytes|bool|float|dict|list|set|tuple|None|True|False)\b")
"""A call or a type in a program, not a secret."""

_NO_SECRET_NAME = re.compile(
    r"(?i).*(?:file|path|dir|name|url|type|length|count|size|limit|ttl)$|.*\bn_?tokens|max_?tokens.*"
)
_STAND_IN = re.compile(
    r"(?i)(?:null|none|true|false|yes|no|redacted|changeme|password|passwd|secret|token|example|dummy|unset|your.*|x{3,}"
    r"|\.{3,}|-+)$"
)


def in_line(text: str) -> Iterator[Secret]:
    """Yield the secrets in one line of text, recognized by their format or by the name that they are assigned to."""
    text = text[:_LONGEST_LINE]
    if not may_hold(text):
        return
    for kind, shape in _SHAPES:
        for found in shape.finditer(text):
            value = found["value"] if "value" in shape.groupindex else found[0]
            if value is found[0] or value == found[0] or not _is_stand_in(value):
                yield Secret(kind, value)
    for found in _ASSIGNED.finditer(text):
        if not _CODE.match(found["value"]):
            yield from in_pair(found["name"], found["value"])


def may_hold(text: str) -> bool:
    """Return whether a text contains any of the words and patterns by which secrets are recognized."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def in_pair(name: str, value: str) -> Iterator[Secret]:
    """Yield the secret if a value is one because of its name, such as `API_TOKEN: ...`."""
    if _NAME.fullmatch(name) and not _NO_SECRET_NAME.match(name) and not _is_stand_in(value):
        yield Secret(f"the value of {name!r}", value)


def redacted(text: str, secrets: Collection[str]) -> str:
    """Return a text with every secret replaced by three stars: those recognized in it, and those given."""
    for secret in [found.value for found in in_line(text)]:
        text = text.replace(secret, "***")
    for secret in secrets if len(secrets) <= _MOST_KNOWN else ():
        text = text.replace(secret, "***")
    return text


def _is_stand_in(value: str) -> bool:
    """Return whether a value is only a stand-in for a secret: a placeholder, a variable, a path, a number, a word."""
    bare = value.strip()
    return (
        len(bare) < 3
        or bare.startswith(("{", "$", "<", "[", "/", "./", "~", "%", "*", "`", "@", "(", "&"))
        or any(mark in bare for mark in ("${", "$(", "{{"))
        or (bare.startswith("{") and bare.endswith("}"))
        or (bare.isdecimal() and len(bare) < 5)
        or _STAND_IN.match(bare) is not None
    )
