"""Job descriptions: whatever a text holds, it cannot end its string."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.executors.arc.sending import wishes
from recast.executors.arc.xrsl import Wish, describe, quoted, relation, together
from recast.executors.batch.system import Array, Refused
from recast.executors.conformance import Case
from recast.jobs import FailureClass

PRINTABLE = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]))


def unquoted(text: str, at: int) -> tuple[str, int]:
    """Read a string as A-REX does: a double quote inside is doubled. Return it and where it ends."""
    assert text[at] == '"'
    found = ""
    at += 1
    while True:
        if text[at] != '"':
            found += text[at]
        elif text[at + 1 : at + 2] == '"':
            found += '"'
            at += 1
        else:
            return found, at + 1
        at += 1


def values_of(text: str) -> list[str]:
    """Read `(name="..." "...")`."""
    at = text.index("=") + 1
    found = []
    while text[at] != ")":
        value, at = unquoted(text, at)
        found.append(value)
        at += text[at] == " "
    assert at == len(text) - 1
    return found


@given(st.lists(PRINTABLE, min_size=1))
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    assert values_of(relation("arguments", *texts)) == texts


@given(st.text(max_size=5), st.sampled_from("\n\r\0\t\x7f\x1b"), st.text(max_size=5))
def test_a_control_character_is_refused(before: str, control: str, after: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        quoted(before + control + after)


def wish(**changed: object) -> Wish:
    own = {"name": "a.3", "argv": ("/usr/bin/env", "python3", "worker.pyz", "node", ".", "3"), "inputs": [("f", 7)]}
    return Wish(**{**own, "cpus": 1.0, "memory_mb": 500, "disk_mb": 2000, "walltime_s": 121, **changed})  # type: ignore[arg-type]


def test_a_description_says_what_the_job_is_and_takes() -> None:
    text = describe(wish())
    assert text.startswith('&(executable="/usr/bin/env")(arguments="python3" "worker.pyz" "node" "." "3")')
    for part in ('(jobname="a.3")', '(inputfiles=("f" "7"))', '("out/" "")', '(walltime="3")', '(memory="500")'):
        assert part in text
    assert '(disk="2000")' in text
    assert "count" not in text
    assert "queue" not in text


def test_cores_queue_and_runtime_environments_are_asked_for() -> None:
    text = describe(wish(cpus=3.5, queue='q"x', runtime_environments=("ENV/PROXY", "APPS/X")))
    assert '(count="4")(countpernode="4")(queue="q""x")' in text
    assert '(runtimeenvironment="ENV/PROXY")(runtimeenvironment="APPS/X")' in text


def test_many_jobs_are_one_description() -> None:
    assert together(['&(a="1")', '&(a="2")']) == '+(&(a="1"))(&(a="2"))'


def test_a_gpu_is_asked_for_by_what_the_site_calls_it(tmp_path: Path) -> None:
    """There is no word for it in xRSL."""
    job = Case(make=lambda: None, store=tmp_path).job("true")  # type: ignore[arg-type, return-value]
    job = replace(job, resources=replace(job.resources, gpus=1))
    array = Array("a", tmp_path, (job,), ("python3",), ((),))
    assert [wish.queue for wish in wishes(array, "gpu", (), 0)] == ["gpu"]
    assert [wish.queue for wish in wishes(array, "", ("ENV/CUDA",), 0)] == [""]
    with pytest.raises(Refused, match="cannot be asked for a GPU") as problem:
        wishes(array, "", (), 0)
    assert problem.value.failure is FailureClass.SPEC
    assert "--arc-queue" in problem.value.next_step
