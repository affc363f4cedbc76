"""What each action reads of what was sent with it: everything else is refused, so that nobody believes it was heard."""

from __future__ import annotations

from recast.desk.asking import wrong
from recast.json_types import JsonObject

__all__ = ["WORDS", "check_words"]

WORDS: dict[str, frozenset[str]] = {
    action: frozenset(words.split())
    for action, words in {
        "rerun": "points",
        "start-run": "run points",
        "end-run": "run",
        "answer-point": "point run results provenance version digest",
        "fail-point": "point run provenance version digest",
        "answer": "point results provenance",
        "warn": "digest caveat",
        "review": "answers",
        "reject": "answers",
        "comment": "text",
        "archive": "analysis version",
        "invite": "user",
        "uninvite": "user",
        "publish": "audience",
    }.items()
}
"""The words of each action that has some besides the `reason`, which goes with every one. `draft` and `amend` send a
document, whose words `read_draft` judges.
"""

_DOCUMENTS = ("draft", "amend")


def check_words(action: str, data: JsonObject) -> None:
    """Raise InputError for what an action does not read."""
    if action in _DOCUMENTS:
        return
    known = WORDS.get(action, frozenset()) | {"reason"}
    if unknown := sorted(set(data) - known):
        raise wrong(f"`{unknown[0]:.40}` does not go with `{action}`")
