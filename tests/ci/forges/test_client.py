"""Statuses and comments: told once, told again without harm, and given up with an explanation."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from recast.ci.forges.client import Forge
from recast.ci.forges.comments import MOST_BYTES, seal
from recast.ci.forges.states import LETTERS, STATES, Status
from recast.ci.words import COMMIT_WORDS
from recast.errors import NetworkError, NotFound, PermissionDenied, UsageError
from tests.testbeds.forge.api import Api, forge_api

COMMIT, TOKEN = "a" * 40, "a-token-of-the-forge"
WORDS = ("queued", "held", "running", *COMMIT_WORDS)


@pytest.fixture(params=["github", "gitlab", "gitea"])
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    with forge_api(request.param, TOKEN) as made:
        yield made


@pytest.fixture
def forge(api: Api) -> Forge:
    return Forge(api.dialect, api.base, TOKEN)  # type: ignore[arg-type]


def test_every_word_has_a_state_that_the_forge_knows(forge: Forge, api: Api) -> None:
    for number, word in enumerate(WORDS):
        forge.set_status(f"{number:040x}", Status(word, "a sentence", "recast"), look_first=False)
    assert len(api.statuses) == len(WORDS)
    good = {word for word, state in STATES[forge.dialect].items() if state == "success"}
    assert good == {"passed", "nothing-to-do"}


def test_every_transition_is_taken(forge: Forge, api: Api) -> None:
    """GitLab refuses a state that is there already; that is no trouble."""
    for before, after in itertools.product(("queued", "running", "passed", "moved", "blocked"), repeat=2):
        for word in (before, after):
            forge.set_status(COMMIT, Status(word, "", "recast"), look_first=False)
        assert api.of(COMMIT)[-1]["state"] == STATES[forge.dialect][after]


def test_an_answer_that_is_lost_leads_to_one_status(forge: Forge, api: Api) -> None:
    status = Status("passed", "all is well", "recast")
    forge.set_status(COMMIT, status, look_first=False)
    forge.set_status(COMMIT, status, look_first=True)
    assert len(api.statuses) == 1
    forge.set_status(COMMIT, Status("moved", "not so well", "recast"), look_first=True)
    forge.set_status(COMMIT, Status("passed", "all is well", "recast/v1"), look_first=True)
    assert len(api.statuses) == 3


def test_passing_trouble_is_tried_again(forge: Forge, api: Api) -> None:
    api.faults = [502, 503]
    forge.set_status(COMMIT, Status("passed", "", "recast"), look_first=False)
    assert len(api.statuses) == 1


def test_a_description_has_140_letters_and_no_secrets(forge: Forge, api: Api) -> None:
    secret = "glpat-0123456789abcdefghij"
    forge.set_status(COMMIT, Status("failed", f"{secret}\nnext\x1b[2J " + "x" * 500, "recast"), look_first=False)
    said = api.statuses[0]["description"]
    assert len(said) == LETTERS
    assert secret not in said and "\n" not in said and "\x1b" not in said


def test_refusals_say_what_to_do(forge: Forge, api: Api) -> None:
    api.forbidden.add(COMMIT)
    with pytest.raises(PermissionDenied, match="token"):
        forge.set_status(COMMIT, Status("passed", "", "recast"), look_first=False)
    wrong = Forge(forge.dialect, forge.base, "another-token")
    with pytest.raises(PermissionDenied) as refused:
        wrong.set_status(COMMIT, Status("passed", "", "recast"), look_first=False)
    assert "another-token" not in f"{refused.value} {refused.value.why} {wrong!r}"
    with pytest.raises(NotFound):
        Forge(forge.dialect, forge.base + "-of-nobody", TOKEN).set_status(
            COMMIT, Status("passed", "", "recast"), look_first=False
        )


def test_a_comment_is_updated_in_place(forge: Forge, api: Api) -> None:
    first = forge.set_comment(3, "# passed")
    assert forge.set_comment(3, "# moved", first) == first
    assert forge.set_comment(3, "# failed") == first, "found by its seal"
    assert [row["body"] for row in api.comments[3]] == [f"{seal(TOKEN, api.base, 3)}\n# failed"]


def test_a_comment_of_somebody_else_with_our_seal_is_left_alone(forge: Forge, api: Api) -> None:
    begin = seal(TOKEN, api.base, 3)
    api.comments[3] = [{"id": next(api.ids), "body": f"{begin} hello", "mine": False}] * 60
    ours = forge.set_comment(3, "# passed")
    assert api.comments[3][-1] == {"id": ours, "body": f"{begin}\n# passed", "mine": True}
    assert forge.set_comment(3, "# moved") == ours


@pytest.mark.parametrize("body", ["<!-- recast-ci -->", seal("a-guess", "", 3), seal(TOKEN, "", 4)])
def test_a_comment_that_a_stranger_wrote_first_never_holds_our_verdict(forge: Forge, api: Api, body: str) -> None:
    """A token that may change the comments of others would put it there, where the stranger changes it again."""
    api.comments[3] = [{"id": next(api.ids), "body": body, "mine": True}]
    ours = forge.set_comment(3, "# passed")
    assert [row["id"] for row in api.comments[3]] == [api.comments[3][0]["id"], ours]
    assert api.comments[3][0]["body"] == body


def test_a_comment_that_is_gone_is_written_anew(forge: Forge, api: Api) -> None:
    gone = forge.set_comment(3, "# passed")
    api.comments[3].clear()
    assert forge.set_comment(3, "# passed", gone) != gone


def test_a_comment_whose_answer_is_lost_is_found_the_next_time(forge: Forge, api: Api) -> None:
    api.lost = 1
    with pytest.raises(NetworkError):
        forge.set_comment(3, "# passed")
    forge.set_comment(3, "# passed")
    assert len(api.comments[3]) == 1


def test_a_long_summary_is_cut(forge: Forge, api: Api) -> None:
    forge.set_comment(3, "\u00e9" * MOST_BYTES)
    body = api.comments[3][0]["body"]
    assert len(body.encode()) < MOST_BYTES + 100 and body.endswith("(cut off)")


def test_tokens_are_not_sent_in_the_open() -> None:
    for base in ("http://forge.example.org/api/v1/repos/a/b", "ftp://x/y"):
        with pytest.raises(UsageError):
            Forge("gitea", base, TOKEN)
