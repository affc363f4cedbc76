"""JSON web tokens as issuers of grids sign them (RS256), by openssl: for test-beds, with keys made at run time."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.waiting import BOUND_S

__all__ = ["key_set", "make_key", "signed"]

_KEY_ID = "one"


def make_key(path: Path) -> Path:
    """Make a private key."""
    argv = ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(path)]
    subprocess.run(argv, capture_output=True, check=True, timeout=BOUND_S)
    path.chmod(0o400)
    return path


def key_set(key: Path) -> dict[str, list[dict[str, str]]]:
    """Return the public part of a key as issuers publish it."""
    return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": _KEY_ID, **_public(key)}]}


def signed(key: Path, claims: Mapping[str, object]) -> str:
    """Return a token with these claims."""
    head = _encoded(json.dumps({"typ": "JWT", "alg": "RS256", "kid": _KEY_ID}).encode())
    text = f"{head}.{_encoded(json.dumps(claims).encode())}"
    argv = ["openssl", "dgst", "-sha256", "-sign", str(key)]
    signature = subprocess.run(argv, input=text.encode(), capture_output=True, check=True, timeout=BOUND_S).stdout
    return f"{text}.{_encoded(signature)}"


def _public(key: Path) -> dict[str, str]:
    argv = ["openssl", "rsa", "-in", str(key), "-modulus", "-noout"]
    said = subprocess.run(argv, capture_output=True, check=True, text=True, timeout=BOUND_S).stdout
    return {"n": _encoded(bytes.fromhex(said.strip().partition("=")[2])), "e": "AQAB"}


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
