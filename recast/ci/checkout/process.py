"""Git as a child process that obeys nobody but us: no configuration of users, systems or repositories, no prompts, no
hooks, no filters, one protocol; with limits on time, memory, file size and output.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from recast.ci.checkout.remote import Remote
from recast.errors import InfrastructureError
from recast.machine.packages import install_here

__all__ = ["Answer", "Limits", "TooLong", "argv", "environment", "run_git"]

_KEPT = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "PATH",
)
_CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.bigFileThreshold": "16m",
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "256m",
    "core.deltaBaseCacheLimit": "96m",
    "credential.helper": "",
    "fetch.fsckObjects": "true",
    "transfer.fsckObjects": "true",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "fetch.unpackLimit": "1",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "false",  # curl would take our header along to wherever it is sent
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "pack.threads": "1",
    "pack.windowMemory": "128m",
    "protocol.allow": "never",
    "protocol.version": "2",
    "safe.bareRepository": "all",
    "safe.directory": "*",  # in CI jobs, the files often belong to somebody else than the process
}
_LIMITED = 'ulimit -f "$1" && ulimit -v "$2" && ulimit -c 0 && shift 2 && exec "$@"'
"""The shell sets the limits: after the start is too late, and between fork and exec of a thread is unsafe."""

_TAIL_BYTES = 4000
_NOT_FOUND = 127
"""The exit code of a shell that does not find a program; git itself does not use it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What git, and a checkout, may take. Sizes are bytes."""

    seconds: float = 300.0
    memory: int = 4 << 30
    most_fetched: int = 2 << 30
    most_output: int = 64 << 20
    most_files: int = 100_000
    most_bytes: int = 2 << 30
    most_file: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said: its exit code (negative: a signal), its output, and the end of its messages."""

    code: int
    out: bytes
    err: str


class TooLong(InfrastructureError):
    """Git said more than `Limits.most_output`, and was ended."""


def environment(remote: Remote | None = None, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of git; without a remote, no protocol at all is allowed.

    The token is in the environment, never among the arguments, which everybody on this machine can read.
    """
    env = os.environ if environ is None else environ
    kept = {name: env[name] for upper in _KEPT for name in (upper, upper.lower()) if env.get(name)}
    config = dict(_CONFIG)
    if remote is not None:
        config[f"protocol.{remote.scheme}.allow"] = "always"
        if header := remote.header():
            config[f"http.{remote.url}.extraHeader"] = header
    pairs = {
        f"GIT_CONFIG_{part}_{place}": text
        for place, item in enumerate(config.items())
        for part, text in zip(("KEY", "VALUE"), item, strict=True)
    }
    return {
        "PATH": os.defpath,
        **kept,
        **pairs,
        "GIT_CONFIG_COUNT": str(len(config)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS": "false",
        "GIT_SSH_COMMAND": "false",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "HOME": "/nonexistent",
        "XDG_CONFIG_HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
    }


def argv(arguments: Sequence[str], limits: Limits) -> list[str]:
    """Return git's command line behind the limits on the size of each file that it writes and on its memory."""
    blocks, kilobytes = str(-(-limits.most_fetched // 512)), str(limits.memory // 1024)
    return ["/bin/sh", "-c", _LIMITED, "sh", blocks, kilobytes, "git", "--no-pager", *arguments]


def run_git(
    arguments: Sequence[str],
    folder: Path,
    limits: Limits,
    remote: Remote | None = None,
    feed: bytes = b"",
) -> Answer:
    """Run git in a folder to its end, with `feed` on its standard input.

    Raises InfrastructureError if it cannot be started or takes too long, TooLong if it says more than `most_output`; it
    is killed then, with all its descendants.
    """
    with tempfile.TemporaryFile() as messages, tempfile.TemporaryFile() as given:
        given.write(feed)
        given.seek(0)
        try:
            process = subprocess.Popen(
                argv(arguments, limits),
                cwd=folder,
                env=environment(remote),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=messages,
                start_new_session=True,
            )
        except OSError as problem:
            raise InfrastructureError.of(problem, "Git cannot be started", folder, "look at the folder") from problem
        assert process.stdout is not None
        try:
            out = _read(process.stdout, limits, arguments[0])
            code = process.wait(timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            raise _too_much(arguments[0], "It closed its output and did not end.") from None
        finally:
            _end(process)
        if code == _NOT_FOUND:
            raise InfrastructureError("git is not installed", next_step=install_here("git"))
        size = messages.seek(0, os.SEEK_END)
        messages.seek(max(0, size - _TAIL_BYTES))
        return Answer(code, out, messages.read().decode(errors="replace"))


def _read(stream: IO[bytes], limits: Limits, what: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    until = time.monotonic() + limits.seconds
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, until - time.monotonic())):
                raise _too_much(what, f"It took more than {limits.seconds:g} s.")
            piece = os.read(stream.fileno(), 1 << 16)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            size += len(piece)
            if size > limits.most_output:
                raise _too_much(what, f"It wrote more than {limits.most_output} bytes.", TooLong)


def _too_much(what: str, why: str, kind: type[InfrastructureError] = InfrastructureError) -> InfrastructureError:
    return kind(
        f"git {what} was ended", why=why, next_step="try again; if it persists, look at the repository and its server"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a command: its own process, and those that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
