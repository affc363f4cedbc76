"""Answers of a computing element: real ones are understood, any other is refused with ValueError."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.executors.arc import answers
from recast.executors.arc.answers import Creation, Deed, Listing
from recast.executors.arc.states import STATES, engine_state, failure_of_words, why_ended
from recast.executors.batch.system import EngineState
from recast.jobs import FailureClass

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["job", "id", "state", "file", "dir"]), inner),
)
PARSERS = [answers.versions, answers.creations, answers.deeds, answers.listing]


def test_what_arex_6_17_answered() -> None:
    assert answers.versions(b'{"version":"1.0"}') == ("1.0",)
    assert answers.deeds(b"") == []
    one = b'{"job":{"status-code":"202","reason":"Queued for killing","id":"FHbMDmADVp"}}'
    assert answers.deeds(one) == [Deed("FHbMDmADVp", 202, "Queued for killing", "")]
    made = (
        b'{"job":[{"status-code":"201","reason":"Created","id":"IUaM","state":"ACCEPTING"},'
        b'{"status-code":"500","reason":"Requested queue nosuch is not allowed for this user"}]}'
    )
    refused = Creation("", "Requested queue nosuch is not allowed for this user")
    assert answers.creations(made) == [Creation("IUaM", "Created"), refused]
    assert answers.listing(b'{"file":"x","dir":"sub"}') == Listing(("x",), ("sub",))


def test_what_newer_ones_answer() -> None:
    assert answers.versions(b'{"version":["1.0","1.1"]}') == ("1.0", "1.1")
    assert answers.deeds(b'{"job":[]}') == []
    assert answers.listing(b'{"file":["a","b"],"dir":[]}') == Listing(("a", "b"), ())


@pytest.mark.parametrize("job", ["../x", "a/b", "", "a?b", "a b", "-x", "x" * 200, 7, ["x"]])
def test_an_id_that_would_bend_a_url_is_refused(job: object) -> None:
    body = json.dumps({"job": [{"id": job}]}).encode()
    if job:
        with pytest.raises(ValueError, match="not an id"):
            answers.deeds(body)
    else:
        assert answers.deeds(body)[0].job == ""


@given(JSON, st.sampled_from(PARSERS))
def test_any_json_is_read_or_refused(value: object, parse: object) -> None:
    with contextlib.suppress(ValueError):
        parse(json.dumps(value).encode())  # type: ignore[operator]


@given(st.binary(), st.sampled_from(PARSERS))
def test_any_bytes_are_read_or_refused(body: bytes, parse: object) -> None:
    with contextlib.suppress(ValueError):
        parse(body)  # type: ignore[operator]


@given(st.text())
def test_facts_of_any_text(text: str) -> None:
    for name, value in answers.facts(text).items():
        assert name == name.strip() != ""
        assert "\n" not in value


def test_the_first_fact_of_a_name_counts() -> None:
    assert answers.facts("exitcode=3\nnodename=n1\nexitcode=0\n no\n=x") == {"exitcode": "3", "nodename": "n1"}


# states and words ------------------------------------------------------------------------------------------------


def test_every_state_has_a_meaning_and_an_unknown_one_ends_nothing() -> None:
    over = {state for state, meaning in STATES.items() if meaning.over}
    assert over == {"FINISHED", "FAILED", "KILLED", "WIPED", "None"}
    assert engine_state("HELD") is EngineState.HELD
    assert engine_state("DREAMING") is EngineState.RUNNING


@pytest.mark.parametrize(
    ("words", "failure"),
    [
        ("Job is canceled by external request", FailureClass.CANCELLED),
        ("LRMS error: (-1) Job timeout", FailureClass.WALLTIME),
        ("LRMS error: (-1) Node fail", FailureClass.INFRASTRUCTURE),
        ("LRMS error: (271) Job exceeded its memory limit", FailureClass.MEMORY),
        ("User failed to upload all input files", FailureClass.STAGING),
        ("Job submission to LRMS failed", FailureClass.SUBMISSION),
        ("Proxy certificate expired", FailureClass.AUTHENTICATION),
        ("LRMS error: (-1) Job died unexpectedly", None),
        ("LRMS error: (3) Job finished with wrong exit code - 3 != 0", None),
        ("", None),
    ],
)
def test_words_of_arex(words: str, failure: FailureClass | None) -> None:
    assert failure_of_words(words) is failure


def test_why_a_job_ended_is_one_line() -> None:
    errors = "building\n/bin/sh: 1: APPS/NONE: not found\nJob state change SUBMIT -> FAILED   Reason: failure\n"
    said = why_ended("Job submission to LRMS failed\n\n", errors, {})
    assert said == "Job submission to LRMS failed; /bin/sh: 1: APPS/NONE: not found"
    assert (
        why_ended("LRMS error: (3) wrong", "", {"exitcode": "3"})
        == "LRMS error: (3) wrong; the worker's exit code was 3"
    )


@given(st.text(), st.text(), st.dictionaries(st.just("exitcode"), st.text()))
def test_any_words_make_a_short_line(failed: str, errors: str, diag: dict[str, str]) -> None:
    assert len(why_ended(failed, errors, diag)) <= 500


def test_what_the_script_of_a_job_might_have_said_is_not_why_it_ended() -> None:
    errors = "sh: python3: not found\njob script built:\n  echo \"Failed to move '$f'\" 1>&2\n"
    assert why_ended("", errors, {}) == "sh: python3: not found"
