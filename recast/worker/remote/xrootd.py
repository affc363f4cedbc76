"""Files behind a root: URL, by the programs that every XRootD installation has."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from typing import Optional
from urllib.parse import urlsplit

from recast.worker.failure import Failure, OtherBytes
from recast.worker.remote.fetch import hash_of
from recast.worker.remote.web import Passing, persistent

__all__ = ["XrootdStore"]

_COPY_S = 6 * 3600.0
_ASK_S = 60.0
_PATIENCE = {"XRD_CONNECTIONWINDOW": "10", "XRD_CONNECTIONRETRY": "2", "XRD_STREAMERRORWINDOW": "60"}
"""Its own are 120 s and five times: too long to hold a node, since we try again."""

_SIZE = re.compile(r"^Size:\s+(\d+)", re.MULTILINE)


class XrootdStore:
    """A store below `root://host[:port]//path`; the site's environment says who we are (proxy, token)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = f"{parts.scheme}://{parts.netloc}"
        self._path = "/" + parts.path.strip("/")

    def get(self, place: str, digest: str, size: int, target: str) -> None:
        """Bring a file to `target`; raises Failure (`staging`)."""

        def once() -> None:
            _run(["xrdcp", "--nopbar", "--force", self._url(place), target + ".part"], _COPY_S)
            if hash_of(target + ".part") != digest:
                os.unlink(target + ".part")
                raise OtherBytes("staging", f"{self._url(place)} holds other bytes than {digest}")
            os.rename(target + ".part", target)

        persistent(once, "staging")

    def put(self, path: str, place: str, size: int, *, again: bool = False) -> None:
        """Bring a file there, unless (but for `again`) one of that size is there; it has its name only when whole."""

        def once() -> None:
            if not again and self._size(place) == size:
                return
            _run(["xrdcp", "--nopbar", "--force", "--posc", "--path", path, self._url(place)], _COPY_S)
            if self._size(place) != size:
                raise Passing(f"{self._url(place)} is not whole")

        persistent(once, "staging")

    def size(self, place: str) -> Optional[int]:
        """Return the size of a file, None if it is not there; raises Failure (`staging`)."""
        return persistent(lambda: self._size(place), "staging")

    def fetch_named(self, place: str, target: str, most_bytes: int) -> bool:
        """Bring a file whose digest nobody knows, if it is not too long; return False if it is not there."""
        size = self.size(place)
        if size is None:
            return False
        if size > most_bytes:
            raise Failure("staging", f"{self._url(place)} has {size} bytes, more than {most_bytes}")

        def once() -> None:
            _run(["xrdcp", "--nopbar", "--force", self._url(place), target + ".part"], _COPY_S)
            os.rename(target + ".part", target)

        persistent(once, "staging")
        return True

    def _size(self, place: str) -> Optional[int]:
        try:
            said = _run(["xrdfs", self._server, "stat", f"{self._path}/{place}"], _ASK_S)
        except Passing as problem:
            if "[3011]" in str(problem) or "No such file" in str(problem):
                return None
            raise
        match = _SIZE.search(said)
        return int(match.group(1)) if match else None

    def _url(self, place: str) -> str:
        return f"{self._server}/{self._path}/{place}"


def _run(argv: Sequence[str], seconds: float) -> str:
    try:
        done = subprocess.run(
            list(argv),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env={**_PATIENCE, **os.environ},
        )
    except FileNotFoundError:
        raise Failure("staging", f"there is no {argv[0]} on this node, which a root: store needs") from None
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Passing(f"{argv[0]}: {problem}") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
        if "[3010]" in said or "Auth failed" in said:
            raise Failure("authentication", f"{argv[0]}: {said}")
        raise Passing(f"{argv[0]}: {said}")
    return done.stdout
