"""Whom to believe: the system's certificates, `SSL_CERT_FILE`, and what `certs.d` holds for one registry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recast.errors import PermissionDenied

if TYPE_CHECKING:
    import ssl

__all__ = ["certificate_folders", "tls_context"]


def certificate_folders(host: str, environ: Mapping[str, str]) -> list[Path]:
    """Return the folders for `host[:port]` that Podman and Docker look into, whether or not they are there."""
    home = Path(environ.get("HOME") or Path.home())
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    roots = [config / "containers", Path("/etc/containers"), Path("/etc/docker")]
    return [root / "certs.d" / host for root in roots]


def tls_context(host: str, environ: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """Return the TLS settings for a registry; raise PermissionDenied for a certificate that cannot be read.

    `*.crt` are authorities that are believed too; `NAME.cert` with `NAME.key` is who we are.
    """
    import ssl

    import httpx2

    env = os.environ if environ is None else environ
    place = env.get("SSL_CERT_FILE", "")
    try:
        context = httpx2.create_ssl_context()
        for folder in certificate_folders(host, env):
            for file in sorted(folder.glob("*.crt")):
                place = str(file)
                context.load_verify_locations(file)
            for file in sorted(folder.glob("*.cert")):
                place = str(file)
                context.load_cert_chain(file, file.with_suffix(".key"))
    except (OSError, ssl.SSLError) as problem:
        raise PermissionDenied(
            "A certificate cannot be read",
            where=place,
            why=str(problem),
            next_step="fix or remove the file",
            code="registry.certificate",
        ) from problem
    return context
