"""Transfer many blobs in parallel: a limited number of threads that stop together, and their progress."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from recast.errors import Interrupted

__all__ = ["Flow", "Watch"]

Watch = Callable[[int, int], None]
"""A progress callback (bytes done, total bytes), called from any thread, but never concurrently."""
_STEP_BYTES = 4 << 20

T = TypeVar("T")


class Flow:
    """The progress of one copy of `total` bytes, of which `spared` need no transfer, and the signal to stop."""

    def __init__(self, total: int, watch: Watch | None = None) -> None:
        self.total, self.done, self.spared = total, 0, 0
        self.stop = threading.Event()
        self._watch = watch
        self._lock = threading.Lock()
        self._told = 0

    def moved(self, count: int) -> None:
        """Note bytes that have arrived (or, below zero, have to come again); raise Interrupted after the stop."""
        if self.stop.is_set():
            raise Interrupted("The copy was interrupted", next_step="The same command continues where it stopped.")
        with self._lock:
            self.done += count
            if self._watch is not None and (self.done - self._told >= _STEP_BYTES or self.done >= self.total):
                self._told = self.done
                self._watch(self.done, self.total)

    def spare(self, count: int) -> None:
        """Note bytes that need no transfer: they are already there."""
        with self._lock:
            self.spared += count
        self.moved(count)

    def each(self, items: Iterable[T], work: Callable[[T], None], parallel: int) -> None:
        """Call `work` on every item, `parallel` at a time; the first error stops all and is raised."""
        from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

        with ThreadPoolExecutor(parallel, thread_name_prefix="recast-blob") as pool:
            futures = [pool.submit(work, item) for item in items]
            try:
                finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
                problems = [problem for future in finished if (problem := future.exception()) is not None]
                if problems:
                    raise next((it for it in problems if not isinstance(it, Interrupted)), problems[0])
            except BaseException:
                self.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
