"""What a pipeline that has ended says of its commit, from its report and its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recast.ci.words import COMMIT_WORDS
from recast.plainfile import read_plain
from recast.strictjson import parse_json
from recast.terminal_safe import one_line

__all__ = ["Verdict", "find_report", "verdict_of"]

_MOST_BYTES = 32 << 20
_LETTERS = 500
_PLACES = ("report.json", "recast-ci/report.json")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word for a commit, and one sentence. `again` says that another try may end otherwise."""

    word: str
    sentence: str
    again: bool = False


def find_report(out: Path) -> Path | None:
    """Return the report below the folder that a pipeline was told to write to, None if it has written none."""
    return next((out / place for place in _PLACES if (out / place).is_file()), None)


def verdict_of(out: Path, commit: str, code: int | None) -> Verdict:
    """Return the verdict of a pipeline that has ended. `code` is its exit code, negative for a signal, None if unknown.

    Without a report about this commit, the word is `blocked`: a pipeline that could not say anything says nothing of
    the commit.
    """
    path = find_report(out)
    if path is None:
        return Verdict("blocked", f"the pipeline ended without a report{_how(code)}", again=True)
    try:
        report = parse_json(read_plain(path, _MOST_BYTES, links=False))
        word, sentence, judged = report["word"], report["sentence"], report["commit"]
    except (OSError, ValueError, KeyError, TypeError):
        return Verdict("blocked", "the report of the pipeline cannot be read", again=True)
    if judged != commit or word not in COMMIT_WORDS or not isinstance(sentence, str):
        return Verdict("blocked", "the report of the pipeline is not about this commit", again=True)
    return Verdict(word, one_line(sentence, _LETTERS), again=word == "blocked")


def _how(code: int | None) -> str:
    if code is None:
        return ""
    return f" (signal {-code})" if code < 0 else f" (exit code {code})"
