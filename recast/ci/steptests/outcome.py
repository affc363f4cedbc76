"""How a step test came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recast.json_types import JsonDict

__all__ = ["TestOutcome"]


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """The outcome of one test: a row of `tests` in report.json.

    `passed`; `failed`: the step did something else than expected; `error`: it could not be judged, because of the
    infrastructure; `cached`: it has passed before with the same image, command, inputs and expectations. `seconds` is
    the step's own time. `log` is relative to the folder of the report, empty where nothing ran.
    """

    __test__ = False  # pytest

    name: str
    file: str
    stage: str
    outcome: Literal["passed", "failed", "error", "cached"]
    seconds: float
    message: str = ""
    log: str = ""

    @property
    def good(self) -> bool:
        """Whether the step did what was expected, now or before."""
        return self.outcome in ("passed", "cached")

    def as_json(self) -> JsonDict:
        """Return the row."""
        return {
            "name": self.name,
            "file": self.file,
            "stage": self.stage,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "message": self.message,
            "log": self.log,
        }
