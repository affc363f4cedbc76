"""Delegate our proxy to the computing element (RFC 3820): the key of the new proxy is created there and never leaves
it.
"""

from __future__ import annotations

import re
import secrets
import subprocess
import tempfile
from pathlib import Path

from recast.errors import ExecutorError
from recast.machine.packages import install_here

__all__ = ["signed"]

_BOUND_S = 30
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_EXTENSIONS = """\
keyUsage=critical,digitalSignature,keyEncipherment
proxyCertInfo=critical,language:id-ppl-inheritAll
"""


def signed(request: bytes, proxy: Path) -> bytes:
    """Return the certificate that a request (PEM) asks for, signed by a proxy, and the proxy's own chain; no key.

    Its name follows RFC 3820: the proxy's subject and a number. It is valid for a day, but no longer than the proxy,
    since the whole chain has to be valid. Raises ExecutorError.
    """
    number = secrets.randbelow(2**31)
    with tempfile.TemporaryDirectory() as folder:
        asked, extensions = Path(folder, "request.pem"), Path(folder, "extensions")
        asked.write_bytes(request)
        extensions.write_text(_EXTENSIONS)
        certificate = _openssl(
            *("-req", "-in", str(asked), "-CA", str(proxy), "-CAkey", str(proxy), "-extfile", str(extensions)),
            *("-days", "1", "-set_serial", str(number), "-subj", f"{_subject(proxy)}/CN={number}"),
        )
    try:
        chain = _CERTIFICATE.findall(proxy.read_bytes())
    except OSError as problem:
        raise ExecutorError.of(problem, "The proxy cannot be delegated", proxy, "arcproxy") from problem
    return b"\n".join([*_CERTIFICATE.findall(certificate), *chain, b""])


def _subject(proxy: Path) -> str:
    """Return the subject of a proxy in openssl's syntax, with separators escaped inside names."""
    lines = _openssl("-in", str(proxy), "-noout", "-subject", "-nameopt", "utf8,sep_multiline,sname").decode()
    parts = [line.strip() for line in lines.splitlines()[1:]]
    return "".join("/" + re.sub(r"([\\/+])", r"\\\1", part) for part in parts if part)


def _openssl(*words: str) -> bytes:
    try:
        done = subprocess.run(
            ["openssl", "x509", *words], capture_output=True, timeout=_BOUND_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ExecutorError(
            "The proxy cannot be delegated", why=str(problem), next_step=install_here("openssl")
        ) from problem
    if done.returncode:
        raise ExecutorError("The proxy cannot be delegated", why=done.stderr.decode(errors="replace")[-500:])
    return done.stdout
