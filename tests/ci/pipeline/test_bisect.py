"""The commit that moved a quantity first, found in a real history."""

from __future__ import annotations

import pytest

from recast.ci.pipeline.bisect import Look, _search
from tests.conftest import Answer


@pytest.fixture
def history(repository) -> list[str]:
    """Eight commits: the cut moves a little, the workflow breaks, the cut moves far."""
    commits = [repository.commit("first")]
    for cut in (301, 302):
        repository.cut_at(cut)
        commits.append(repository.commit(f"cut {cut}"))
    repository.write("README.md", "text\n")
    commits.append(repository.commit("text"))
    good = (repository.spec / "workflow.yml").read_text()
    repository.write("spec/workflow.yml", "stages: [\n")
    commits.append(repository.commit("broken"))
    repository.write("spec/workflow.yml", good)
    repository.cut_at(420)
    commits.append(repository.commit("cut 420"))
    repository.cut_at(421)
    commits.append(repository.commit("cut 421"))
    return commits


def first_of(answer: Answer) -> str | None:
    assert answer.code == 0, answer.err
    return answer.json["first"]


def test_the_first_commit_that_moved_is_found_and_shared_steps_run_once(ci, repository, history) -> None:
    answer = ci("bisect", "demo/cutflow/*", f"{history[0]}..{history[-1]}", "-C", repository.root, "-o", "json")
    assert first_of(answer) == history[5]
    assert answer.json["between"] == [history[4]]
    words = {look["commit"]: look["word"] for look in answer.json["looks"]}
    assert words[history[-1]] == words[history[5]] == "moved"
    assert sum(look["jobs"] for look in answer.json["looks"]) <= len(words)  # the events are generated once
    assert repository.git("status", "--porcelain") == ""


def test_what_did_not_move_is_said(ci, repository, history) -> None:
    answer = ci("bisect", "cutflow/*", f"{history[0]}..{history[3]}", "-C", repository.root, "-o", "json")
    assert first_of(answer) is None


@pytest.mark.parametrize(
    ("quantity", "commits", "code"),
    [
        ("demo/cutflow/*", "main", 2),
        ("demo/cutflow/*", "main..--upload-pack=x", 2),
        ("demo/cutflow/*", "nowhere..main", 6),
        ("demo/cutflow/*", "main..main", 6),
        ("demo/nothing", "main~1..main", 6),
    ],
)
def test_what_cannot_be_searched_is_an_error(ci, repository, history, quantity, commits, code) -> None:
    answer = ci("bisect", quantity, commits, "-C", repository.root)
    assert answer.code == code, answer.err
    assert "next" in answer.err


@pytest.mark.parametrize("first", range(1, 9))
@pytest.mark.parametrize("broken", [(), (1,), (4, 5), (1, 2, 3, 4, 5, 6, 7)])
def test_the_search_never_names_a_commit_that_did_not_move(first: int, broken: tuple[int, ...]) -> None:
    def look(index: int) -> Look:
        word = "moved" if index >= first else "unmoved"
        return Look(str(index), "broken" if index in broken and index != 8 else word)

    found, between = _search(look, 8)
    assert found >= first
    assert first in (found, *between)
    assert all(look(index).word == "broken" for index in between)
