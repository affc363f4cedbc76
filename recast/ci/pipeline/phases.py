"""The phases of a pipeline: each with a word, the seconds that it took, and one line on what it did."""

from __future__ import annotations

import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from recast.ci.pipeline.blame import sentence_of, word_of
from recast.errors import Interrupted, RecastError, in_words
from recast.json_types import JsonDict

__all__ = ["PHASES", "Phase", "Phases", "Stopped"]

PHASES = ("lint", "images", "tests", "push", "pin", "run", "compare", "publish")
"""In order: a step is tested in the image of its own commit, so images come before tests."""

_NOT_REACHED = "not reached"


class Stopped(Exception):
    """A phase ended the pipeline with a word for the commit; `problem` says why, None if `sentence` says it."""

    def __init__(self, word: str, sentence: str, problem: RecastError | None = None) -> None:
        super().__init__(sentence)
        self.word, self.sentence, self.problem = word, sentence, problem


@dataclass(eq=False, slots=True)
class Phase:
    """One phase while it goes on; `word` and `detail` may be set until it ends."""

    name: str
    word: str = "passed"
    seconds: float = 0.0
    detail: str = ""

    def skip(self, why: str) -> None:
        """Record that there was nothing to do, and why."""
        self.word, self.detail = "skipped", why

    def as_json(self) -> JsonDict:
        """Return the phase as a row of the report."""
        return {"name": self.name, "word": self.word, "seconds": round(self.seconds, 3), "detail": self.detail}


class Phases:
    """The phases of one pipeline so far; `say` is called when one ends, `root` is the checkout."""

    def __init__(self, say: Callable[[str], None], root: str) -> None:
        self._say, self._root = say, root
        self._done: dict[str, Phase] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Record a phase; an error in it becomes `Stopped`, with the word that says whose fault it is.

        Interrupts are passed on. An error of this program itself is told with its traceback, and blocks: it must not
        look like a failure of the commit.
        """
        phase, start = Phase(name), time.monotonic()
        try:
            yield phase
        except Stopped as stop:
            phase.word, phase.detail = stop.word, stop.sentence
            raise
        except Interrupted:
            raise
        except (RecastError, OSError, MemoryError, sqlite3.Error) as error:
            problem = in_words(error)
            phase.word, phase.detail = word_of(problem, name), sentence_of(problem, self._root)
            raise Stopped(phase.word, phase.detail, problem) from error
        except Exception as bug:
            phase.word, phase.detail = "blocked", f"RECAST itself failed ({type(bug).__name__}): please report it"
            self._say("".join(traceback.format_exception(bug)))
            raise Stopped(phase.word, phase.detail) from bug
        finally:
            phase.seconds = time.monotonic() - start
            self._done[name] = phase
            if phase.detail or phase.word != "passed":
                self._say(f"{phase.word:<10} {name}: {phase.detail}")

    def skip_rest(self, why: str = _NOT_REACHED) -> None:
        """Record the phases that were not entered as skipped."""
        for name in PHASES:
            self._done.setdefault(name, Phase(name, "skipped", detail=why))

    def as_json(self) -> list[JsonDict]:
        """Return the rows of the report, in the order of `PHASES`."""
        return [self._done[name].as_json() for name in PHASES if name in self._done]
