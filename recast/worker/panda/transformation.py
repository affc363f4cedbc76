#!/usr/bin/env python3
"""What PanDA's pilot downloads and starts: gets the sandbox of a job, checks it, and hands over to the worker in it.

    [--preprocess|--postprocess] --sourceURL URL -a jobO.<uuid>.tar.gz --sha256 HEX --index job-N [--inside FOLDER]

It stands for itself (Python 3.9 or newer, standard library only) and is hosted at a place that pilots accept. Words
that it does not know, which pilots may add, are left out. Its exit code is the worker's, 86 if it does not get there.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import os
import re
import ssl
import sys
import tarfile
import time
import urllib.request
from collections.abc import Sequence

__all__ = ["NO_JOB", "main"]

_NAME = re.compile(r"jobO\.[0-9a-f-]{36}\.tar\.gz")
_INDEX = re.compile(r"job-(\d{1,7})\b")
_HEX = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"(/[A-Za-z0-9_.-]+)*")
_MOST_BYTES = 16 << 20
_MOST_UNPACKED_BYTES = 256 << 20
_TIMEOUT_S = 60
_PAUSES_S = (5, 20, 60, 0)
NO_JOB = 86
"""Exit code where the worker could not be started: a pilot that runs nothing else tells it as the payload's."""

_PHASES = {"--preprocess": "preprocess", "--postprocess": "postprocess"}
_NAMED = ("--sourceURL", "-a", "--sha256", "--index", "--inside")


class Wrong(Exception):
    """What was given cannot be used, and why."""


def main(arguments: Sequence[str]) -> int:
    """Get the sandbox and become the worker; return `NO_JOB` if that cannot be."""
    try:
        phase, given = parsed(arguments)
        content = obtain(given["-a"], given["--sha256"], given["--sourceURL"])
        unpack(content, given["--index"], "recast")
    except (Wrong, OSError) as problem:
        sys.stderr.write("recast transformation: %s\n" % problem)
        return NO_JOB
    python = sys.executable or "python3"
    sys.stderr.flush()
    os.execvp(python, [python, "recast/worker.pyz", "panda", phase, given["--index"], given["--inside"]])  # noqa: S606


def parsed(arguments: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the phase and what was given by name; raise Wrong."""
    phase, given, rest = "own", {"--inside": ""}, list(arguments)
    while rest:
        word = rest.pop(0)
        phase = _PHASES.get(word, phase)
        if word in _NAMED and rest:
            given[word] = rest.pop(0)
    for name, pattern in (("-a", _NAME), ("--sha256", _HEX), ("--inside", _FOLDER)):
        if not pattern.fullmatch(given.get(name, "")):
            raise Wrong("%s is %r" % (name, given.get(name)))
    index = _INDEX.search(given.get("--index", ""))
    if index is None:
        raise Wrong("--index is %r" % given.get("--index"))
    if not given.get("--sourceURL", "").startswith(("https://", "http://")):
        raise Wrong("--sourceURL is %r" % given.get("--sourceURL"))
    return phase, {**given, "--index": index.group(1)}


def obtain(name: str, sha256: str, source: str) -> bytes:
    """Return the bytes of the sandbox: a file of its name that came along, else from the server; raise Wrong."""
    if os.path.isfile(name):
        with open(name, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    said = ""
    for pause_s in _PAUSES_S:
        try:
            content = _download("%s/cache/%s" % (source.rstrip("/"), name))
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
            said = "it has other bytes than were sent"
        except (OSError, http.client.HTTPException) as problem:
            said = str(problem)
        time.sleep(pause_s)
    raise Wrong("the sandbox %s cannot be had from %s: %s" % (name, source, said))


def _download(url: str) -> bytes:
    authorities = os.environ.get("X509_CERT_DIR", "")
    context = ssl.create_default_context()
    if os.path.isdir(authorities):
        context.load_verify_locations(capath=authorities)
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S, context=context) as answer:  # noqa: S310 - checked above
        content: bytes = answer.read(_MOST_BYTES + 1)
        return content


def unpack(content: bytes, index: str, folder: str) -> None:
    """Write the worker and the job's own task below `folder`, and nothing else that the archive may hold."""
    wanted = ("worker.pyz", "tasks/%s.json" % index)
    os.makedirs(folder + "/tasks", mode=0o700, exist_ok=True)
    found = []
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                source = archive.extractfile(member) if member.name in wanted and member.isreg() else None
                if source is not None and member.size <= _MOST_UNPACKED_BYTES:
                    _write(source.read(), "%s/%s" % (folder, member.name))
                    found.append(member.name)
    except tarfile.TarError as problem:
        raise Wrong("the sandbox is damaged: %s" % problem) from None
    missing = [name for name in wanted if name not in found]
    if missing:
        raise Wrong("the sandbox has no %s" % missing[0])


def _write(data: bytes, path: str) -> None:
    """Write a file anew: what lies there may be a link that the payload has made."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
