"""Progress messages while an image is converted into what a runtime starts, which may take minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Making"]

_SAY_AGAIN_S = 5.0
_WORDS = {
    "podman": "loading image {} into podman",
    "docker": "loading image {} into docker",
    "apptainer": "making a SIF file of image {}",
}
_OTHERWISE = "unpacking image {}"


class Making:
    """A callback that reports progress, given the bytes done and the total: a line per change, at limited frequency.

    `go_on` is called each time, and raises an exception to end the conversion.
    """

    def __init__(self, name: str, runtime: str, say: Callable[[str], None], go_on: Callable[[int, int], None]) -> None:
        self._words = _WORDS.get(runtime, _OTHERWISE).format(name)
        self._runtime, self._say, self._go_on = runtime, say, go_on
        self._began_s = self._said_s = 0.0
        self._said = ""

    def __call__(self, done: int, total: int) -> None:
        """Receive the current progress."""
        self._go_on(done, total)
        now = time.monotonic()
        if not self._began_s:
            self._began_s = self._said_s = now
            self._say(f"{self._words} ({_mb(total)} MB)")
        elif now - self._said_s >= _SAY_AGAIN_S and (line := self._line(done, total, now)) != self._said:
            self._said, self._said_s = line, now
            self._say(line)

    def _line(self, done: int, total: int, now: float) -> str:
        if done < total:
            return f"{self._words}: {_mb(done)} of {_mb(total)} MB"
        return f"{self._words}: {_mb(total)} MB sent, {self._runtime} is importing them ({now - self._began_s:.0f} s)"


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f}" if size >= 10_000_000 else f"{size / 1e6:.1f}"
