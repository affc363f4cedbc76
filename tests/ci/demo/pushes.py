"""The nine pushes: what each changes, and what its verdict must be."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ci.demo.analysis import SPEC, edit

__all__ = ["PUSHES", "Push"]

_SELECTION = f"{SPEC}/files/scripts/selection.py"
_CUT = '"met": 300.0'
_SHOWN = "met > PRESELECTION"


@dataclass(frozen=True)
class Push:
    """One push: a change of the files on a branch of its own (or a tag), and what its report must say.

    `words` are the verdicts that may come of it; `jobs` and `images` are bounds (least, most); `stages` are those that
    must run and no others, if given.
    """

    title: str
    change: Callable[[Path], None] | None
    words: tuple[str, ...]
    jobs: tuple[int, int] = (0, 0)
    images: int = 0
    mode: str | None = None
    stages: frozenset[str] | None = None
    more: Callable[[dict[str, Any], dict[str, Any]], bool] = field(default=lambda report, comparison: True)


def _refactored(folder: Path) -> None:
    edit(
        folder / _SELECTION,
        lambda text: text.replace("    return 1.5 * _smallest", "    smallest = 1.5 * _smallest").replace(
            "xz / trace, yz / trace)\n\n\ndef _smallest",
            "xz / trace, yz / trace)\n    return smallest\n\n\ndef _smallest",
        ),
    )


def _cut_at(met: float) -> Callable[[Path], None]:
    return lambda folder: edit(folder / _SELECTION, lambda text: text.replace(_CUT, f'"met": {met:.1f}'))


def _other_seed(folder: Path) -> None:
    edit(folder / "recast-ci.yml", lambda text: text.replace("seed: 1", "seed: 4711"))


def _bad_recipe(folder: Path) -> None:
    edit(folder / f"{SPEC}/images/rate/Containerfile", lambda text: text + "RUN frobnicate --all\n")


def _endless(folder: Path) -> None:
    edit(
        folder / f"{SPEC}/files/scripts/check.py",
        lambda text: text.replace("    args = parser.parse_args()\n", "    while True:\n        pass\n"),
    )


def _text(folder: Path) -> None:
    edit(folder / "README.md", lambda text: text + "\nQuestions go to the convener.\n")


def _script_in_image(folder: Path) -> None:
    # Another content each time: an image that was built before would not be built again.
    edit(folder / f"{SPEC}/images/rate/rate.py", lambda text: f"{text}\n# {uuid.uuid4()}\n")


def _changed(report: dict[str, Any], comparison: dict[str, Any]) -> bool:
    return bool(comparison["changed_events"])


PUSHES = (
    Push("a refactoring", _refactored, ("passed",), (5, 5), mode="paired", stages=frozenset({"analyse", "merge"})),
    Push("a cut moved from 300 to 301 GeV", _cut_at(301), ("passed", "moved"), (5, 10), mode="paired", more=_changed),
    Push("a cut moved from 300 to 330 GeV", _cut_at(330), ("moved",), (5, 10), mode="paired", more=_changed),
    Push("a new seed", _other_seed, ("passed", "undecided"), (10, 20), mode="independent"),
    Push("a Containerfile with an error", _bad_recipe, ("broken",)),
    Push("a step that never ends", _endless, ("failed",)),
    Push("README only", _text, ("nothing-to-do",)),
    Push("a script inside an image", _script_in_image, ("passed",), (1, 2), 1, "paired", frozenset({"rate"})),
    Push("a tag", None, ("passed",), (0, 0), mode="paired"),
)
