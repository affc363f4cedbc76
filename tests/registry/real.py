"""Debian's docker-registry on loopback, with passwords and TLS as asked, and its witness skopeo."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import BOUND_S, until

USER, PASSWORD = "reader", "sesame"
_HTPASSWD = f"{USER}:$2b$05$oijM0aRdmQXlH0yaPh65cueKgcTkKvQYBI4sG1Zzz914ub9EX81.W\n"  # bcrypt of PASSWORD


@dataclass(frozen=True)
class Real:
    """A running registry: `host:port`, its files, and the CA that signed it, if it speaks TLS."""

    host: str
    folder: Path
    ca: Path | None = None


@contextmanager
def real_registry(folder: Path, *, password: bool = False, tls: bool = False, port: int = 0) -> Iterator[Real]:
    """Start docker-registry, wait until it listens, stop it by its pid; in its old folder it has its files again."""
    folder.mkdir(parents=True, exist_ok=bool(port))
    port = port or free_port()
    lines = [
        "version: 0.1",
        "log: {level: error, accesslog: {disabled: true}}",
        f"storage: {{filesystem: {{rootdirectory: {folder}/blobs}}, delete: {{enabled: true}}}}",
    ]
    http = f"http: {{addr: '127.0.0.1:{port}'"
    if tls:
        make_certificates(folder)
        http += f", tls: {{certificate: {folder}/server.crt, key: {folder}/server.key}}"
    lines.append(http + "}")
    if password:
        (folder / "htpasswd").write_text(_HTPASSWD)
        lines.append(f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}")
    (folder / "config.yml").write_text("\n".join(lines))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        _wait(process, port, folder / "log")
        yield Real(f"127.0.0.1:{port}", folder, folder / "ca.crt" if tls else None)
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificates(folder: Path) -> None:
    """A certificate authority of this moment, and a server's certificate for this machine signed by it."""
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.crt")
    _openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")
    (folder / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signing = "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.crt"
    _openssl(folder, signing)


def skopeo(*arguments: str | Path) -> str:
    done = subprocess.run(["skopeo", *map(str, arguments)], capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _openssl(folder: Path, command: str) -> None:
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True, timeout=BOUND_S)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def listens() -> bool:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(listens, "docker-registry")
