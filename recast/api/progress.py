"""Show the progress of a run while waiting for it: in a notebook, on a terminal, or not at all."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from recast.counted import counted
from recast.terminal_safe import one_line

if TYPE_CHECKING:
    from recast.engine import Engine

__all__ = ["Progress", "progress_here"]


class Progress(Protocol):
    """A callback that is called with the engine whenever something may have changed."""

    def __call__(self, engine: Engine) -> None:
        """Show the status of the run."""


def progress_here(wanted: bool | None) -> Progress:
    """Return the callback that shows progress: an updated line in a notebook, lines on stderr otherwise. Without
    `wanted` nothing is shown; if it is None, progress is shown in a notebook and on a terminal.
    """
    if wanted is not False and _in_notebook():
        return _Notebook()
    return _Lines() if wanted or (wanted is None and sys.stderr.isatty()) else _nothing


def words_of(engine: Engine) -> str:
    """Return the number of steps in each state, such as `12 steps: 10 succeeded, 2 running`."""
    known = ", ".join(f"{count:,} {state}" for state, count in engine.counts.items() if count)
    held = f"; paused: {engine.paused.reason}" if engine.paused is not None else ""
    return one_line(f"{counted(len(engine.runs), 'step')}: {known or 'none yet'}{held}")


def _nothing(engine: Engine) -> None:
    pass


class _Lines:
    def __init__(self) -> None:
        self._last = ""

    def __call__(self, engine: Engine) -> None:
        words = words_of(engine)
        if words != self._last:
            self._last = words
            print(words, file=sys.stderr, flush=True)


class _Notebook:
    def __init__(self) -> None:
        self._shown: Any = None
        self._last = ""

    def __call__(self, engine: Engine) -> None:
        words = words_of(engine)
        if words == self._last:
            return
        from IPython.display import HTML, display

        self._last = words
        done = sum(count for state, count in engine.counts.items() if state.final) / max(1, len(engine.runs))
        html = HTML(f'<progress max="1" value="{done:.3f}"></progress> {escape(words)}')
        if self._shown is None:
            self._shown = display(html, display_id=True)
        else:
            self._shown.update(html)


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"
