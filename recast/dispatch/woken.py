"""Signals that a loop hears between two looks, and nothing in the middle of other things."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["Ended", "signals"]


@dataclass
class Ended:
    """Whether we are to end: a signal asked for it, or the `parent` at the other end of a pipe is gone."""

    wakes: int
    parent: int | None = None
    asked: list[int] = field(default_factory=list)

    def __call__(self) -> bool:
        """Return whether we are to end."""
        return bool(self.asked)

    def wait(self, seconds: float) -> bool:
        """Wait until the time is over, a signal comes or a child ends; return whether we are to end."""
        watched = [self.wakes] if self.parent is None else [self.wakes, self.parent]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self.wakes in ready:
            os.read(self.wakes, 4096)
        if self.parent is not None and self.parent in ready and not os.read(self.parent, 4096):
            self.asked.append(signal.SIGTERM)
        return bool(self.asked)


@contextmanager
def signals(parent: int | None = None) -> Iterator[Ended]:
    """Hear SIGTERM, SIGINT, the end of children, and that of the `parent`, until the block ends."""
    reads, writes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    ended = Ended(reads, parent)
    handlers = {
        number: signal.signal(number, lambda number, _: ended.asked.append(number))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
    before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    try:
        yield ended
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.close(reads)
        os.close(writes)
