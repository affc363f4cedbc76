"""A certificate authority of the test-bed's own, and what it signs: a host, users. Keys are made at run time only."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Authority", "Identity"]

_ROOT = "/DC=test/DC=recast"
_POLICY = """\
access_id_CA X509 '{root}/CN=Test authority'
pos_rights globus CA:sign
cond_subjects globus '"{root}/*"'
"""
_BOUND_S = 60


@dataclass(frozen=True)
class Identity:
    """A certificate and its key; `subject` as grid services write it."""

    certificate: Path
    key: Path
    subject: str


class Authority:
    """The authority in a folder: `certificates` is what TLS is told to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = folder / "authority-key.pem"
        self._certificate = folder / "authority.pem"
        self.certificates = folder / "certificates"

    def found(self) -> None:
        """Make the authority unless it is there."""
        if (self.certificates / "ready").exists():
            return
        self.certificates.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o755)
        _openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"{_ROOT}/CN=Test authority",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self._key, "-out", self._certificate,
        )  # fmt: skip
        name = _openssl("x509", "-noout", "-hash", "-in", self._certificate).strip()
        (self.certificates / f"{name}.0").write_bytes(self._certificate.read_bytes())
        (self.certificates / f"{name}.signing_policy").write_text(_POLICY.format(root=_ROOT))
        (self.certificates / "ready").touch()

    def sign(self, name: str, host: str = "") -> Identity:
        """Return an identity called `name`, made unless it is there; `host` makes it a server's."""
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        identity = Identity(certificate, key, f"{_ROOT}/CN={host or name}")
        if certificate.exists():
            return identity
        request = self._folder / f"{name}.csr"
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", identity.subject, "-keyout", key, "-out", request)
        extensions = self._folder / f"{name}.ext"
        usage = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
        extensions.write_text(usage + (f"subjectAltName=DNS:{host}\n" if host else ""))
        temporary = certificate.with_suffix(".new")
        _openssl(
            "x509", "-req", "-in", request, "-CA", self._certificate, "-CAkey", self._key, "-CAcreateserial",
            "-days", "20", "-extfile", extensions, "-out", temporary,
        )  # fmt: skip
        key.chmod(0o400)
        temporary.rename(certificate)
        return identity

    def proxy(self, identity: Identity, target: Path, life_s: int) -> Path:
        """Write an RFC 3820 proxy of a user as `arcproxy` makes it; one in its place is replaced in one go."""
        temporary = target.with_name(target.name + ".new")
        argv = ["arcproxy", "-C", identity.certificate, "-K", identity.key, "-T", self.certificates, "-P", temporary]
        _run([*argv, "-c", f"validityPeriod={life_s}S", "-c", "keybits=2048"])
        os.replace(temporary, target)
        return target


def _openssl(*arguments: str | Path) -> str:
    return _run(["openssl", *arguments])


def _run(argv: list[str | Path]) -> str:
    done = subprocess.run(
        [str(word) for word in argv], capture_output=True, text=True, timeout=_BOUND_S, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise RuntimeError(f"{argv[0]} {argv[1]}: {done.stdout}{done.stderr}")
    return done.stdout
