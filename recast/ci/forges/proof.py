"""The proof that a delivery comes from the forge: the hook's own secret, compared in constant time. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from recast.ci.forges.events import Dialect, Refusal

__all__ = ["LONGEST_AGE_S", "SIGNING_PREFIX", "check_proof", "signing_key"]

LONGEST_AGE_S = 300
"""A signed time may differ from ours by this much, in either direction."""

SIGNING_PREFIX = b"whsec_"
"""A secret of GitLab that begins so signs (standardwebhooks); any other secret is sent as it is."""

_MISSING = Refusal("no-proof", "It has no signature or token that this hook accepts.")
_WRONG = Refusal("wrong-proof", "Its signature or token does not belong to the secret of this hook.")


def check_proof(
    dialect: Dialect, headers: Mapping[str, str], body: bytes, secret: bytes, now_s: float
) -> Refusal | None:
    """Return why the proof of a delivery is refused, None if it is good. Headers' names are in lower case."""
    if dialect == "gitlab":
        if secret.startswith(SIGNING_PREFIX):
            return _standard(headers, body, secret, now_s)
        return _same(headers.get("x-gitlab-token"), secret)
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
    hub = headers.get("x-hub-signature-256")
    if dialect == "github":
        return _same(hub, b"sha256=" + digest)
    own = [headers[name] for name in ("x-gitea-signature", "x-forgejo-signature") if name in headers]
    if not own:
        return _MISSING
    problems = [_same(given, digest) for given in own]
    if hub is not None:  # it is of the same secret: a wrong one means that somebody has changed something
        problems.append(_same(hub, b"sha256=" + digest))
    return next((problem for problem in problems if problem is not None), None)


def signing_key(secret: bytes) -> bytes | None:
    """Return the key of a signing secret (`whsec_` and base64), None if it is malformed."""
    text = secret.removeprefix(SIGNING_PREFIX)
    try:
        key = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)  # some leave the padding out
    except (binascii.Error, ValueError):
        return None
    return key or None


def _standard(headers: Mapping[str, str], body: bytes, secret: bytes, now_s: float) -> Refusal | None:
    """Check the form that signs id, time and body."""
    name, when, given = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    key = signing_key(secret)
    if not (name and when and given) or key is None:
        return _MISSING
    if not (when.isascii() and when.isdecimal() and len(when) <= 12):
        return _WRONG
    signed = b".".join((name.encode(errors="replace"), when.encode(), body))
    right = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    tried = [hmac.compare_digest(right, one.encode(errors="replace")) for one in given.split(" ")[:8]]
    if not any(tried):
        return _WRONG
    if abs(now_s - int(when)) > LONGEST_AGE_S:
        return Refusal("stale", f"It was signed more than {LONGEST_AGE_S} seconds ago, or in the future.")
    return None


def _same(given: str | None, right: bytes) -> Refusal | None:
    if not given:
        return _MISSING
    return None if hmac.compare_digest(given.encode(errors="replace"), right) else _WRONG
