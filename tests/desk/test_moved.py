"""What moved between two versions: numbers beside each other, never an average."""

from __future__ import annotations

from typing import Any

from recast.desk.model import Answer
from recast.desk.moved import moved


def answer(
    number: int, digest: str, *results: dict[str, Any], authority: str = "automatic", reason: str = ""
) -> Answer:
    return Answer(f"a{number}", authority, "released", "s", "", "x", f"{number}.0.0", digest, results, reason)


def limit(cls_obs: float | None, excluded: bool | None, name: str = "p", **more: Any) -> dict[str, Any]:
    return {"type": "limit", "name": "limit", "point": {"name": name}, "cls_obs": cls_obs, "excluded": excluded, **more}


def test_one_version_moves_nothing() -> None:
    assert moved([]) is None
    assert moved([answer(1, "d", limit(0.1, False)), answer(2, "d", limit(0.2, False))]) is None
    assert moved([answer(1, "d", limit(0.1, False)), answer(2, "e", limit(0.1, False), authority="community")]) is None


def test_numbers_and_verdicts_that_moved() -> None:
    old = answer(1, "d", limit(0.04, True, cls_exp=[1, 2, 0.05, 4, 5]), limit(0.5, False, "q"))
    new = answer(2, "e", limit(0.06, False, cls_exp=[1, 2, 0.05, 4, 6]), limit(0.5, False, "q"), limit(1, False, "new"))
    found = moved([old, new])
    assert found is not None
    assert (found["from"]["answer"], found["to"]["answer"]) == ("a1", "a2")
    first, second = found["limits"]
    assert (first["quantity"], first["before"], first["after"], round(first["relative"], 6)) == (
        "cls_obs",
        0.04,
        0.06,
        0.5,
    )
    assert (second["quantity"], second["before"], second["after"]) == ("excluded", True, False)


def test_the_newest_of_each_version_are_compared() -> None:
    found = moved(
        [answer(1, "d", limit(0.1, False)), answer(2, "d", limit(0.2, False)), answer(3, "e", limit(0.4, False))]
    )
    assert found is not None and found["from"]["answer"] == "a2" and found["limits"][0]["relative"] == 1.0


def test_a_point_that_failed_has_its_reasons() -> None:
    found = moved([answer(1, "d", limit(0.1, False)), answer(2, "e", reason="no memory")])
    assert found is not None and (found["limits"], found["reason"]) == ([], ["", "no memory"])


def test_from_nothing_there_is_no_relative_change() -> None:
    found = moved([answer(1, "d", limit(0.0, True)), answer(2, "e", limit(0.1, True))])
    assert found is not None and found["limits"][0]["relative"] is None
