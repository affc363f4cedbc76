"""What Slurm prints, read: any text is either understood or refused, and what is understood is right."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recast.executors.slurm import answers
from recast.executors.slurm.ranges import indexes_of, range_text, split_job_id, task_ids

INDEXES = st.sets(st.integers(0, 5000), min_size=1, max_size=300)
NATIVE = st.tuples(st.integers(1, 9), st.integers(0, 2000)).map(lambda pair: f"{pair[0]}_{pair[1]}")


@given(INDEXES)
def test_a_range_says_the_indexes_it_was_made_of(indexes: set[int]) -> None:
    assert set(indexes_of(range_text(indexes))) == indexes


@given(INDEXES, st.integers(1, 99))
def test_a_job_id_with_a_range_and_a_throttle(indexes: set[int], throttle: int) -> None:
    base, found = split_job_id(f"77_[{range_text(indexes)}%{throttle}]")
    assert (base, set(found or ())) == ("77", indexes)


def test_job_ids_of_one_task_of_an_array_and_with_steps() -> None:
    assert split_job_id("12_3") == ("12", (3,))
    assert split_job_id("12") == ("12", None)
    assert split_job_id("12_[0-8:4,9]") == ("12", (0, 4, 8, 9))


@pytest.mark.parametrize(
    "text",
    ["", "x", "12_", "12_[", "12_[]", "12_[1,...]", "12_[1-99999999]", "12_3.batch", "\u0661", "1_[1-9:0]"],
)
def test_what_is_no_job_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a (job id|range of indexes)"):
        split_job_id(text)


@given(st.sets(NATIVE, min_size=1, max_size=400), st.integers(20, 200))
def test_scancel_gets_the_same_tasks_in_short_words(native_ids: set[str], most: int) -> None:
    words = task_ids(native_ids, most)
    told = [f"{base}_{index}" for base, indexes in map(split_job_id, words) for index in indexes or ()]
    assert sorted(told) == sorted(native_ids)
    assert all(len(word) <= most + 8 for word in words)


def test_a_whole_array_is_cancelled_by_its_id_alone() -> None:
    assert task_ids(["5_1", "6_1", "5", "6_2"]) == ["5", "6_[1-2]"]


@given(st.text())
@example("1_0|RUNNING|n|j")
@example("|||||")
def test_any_answer_is_rows_or_a_value_error(text: str) -> None:
    for read in (answers.squeue_rows, answers.sacct_rows):
        with suppress(ValueError):
            for row in read(text):
                assert row.array.isdigit()
    answers.config_of(text)
    with suppress(ValueError):
        answers.nodes_of(text)
    with suppress(ValueError):
        assert answers.submitted_id(text).isdigit()


@given(st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=["Cs"])))
def test_a_reason_may_hold_anything_but_a_line_end(reason: str) -> None:
    (row,) = answers.squeue_rows(f"7_3|PENDING||recast-a|{reason}\n")
    assert (row.array, row.indexes, row.reason) == ("7", (3,), reason.strip())


def test_rows_of_a_real_squeue() -> None:
    said = (
        "1_[3-30%3]|PENDING||recast-x|JobArrayTaskLimit\n"
        "1_0|RUNNING|node1|recast-x|None\n"
        "1|CANCELLED|(null)|recast-x|JobArrayTaskLimit\n"
    )
    waiting, running, whole = answers.squeue_rows(said)
    assert (waiting.indexes, waiting.host) == (tuple(range(3, 31)), "")
    assert (running.indexes, running.host, running.state) == ((0,), "node1", "RUNNING")
    assert (whole.indexes, whole.host) == (None, "")


def test_rows_of_a_real_sacct_without_its_steps() -> None:
    said = (
        "1_0|COMPLETED|node1|recast-x|0:0\n"
        "1_0.batch|COMPLETED|node1|batch|0:0\n"
        "1_1|CANCELLED by 0|node1|recast-x|0:0\n"
        "18_1|FAILED|None assigned|recast-x|0:9\n"
    )
    assert [(row.array, row.indexes, row.state, row.host) for row in answers.sacct_rows(said)] == [
        ("1", (0,), "COMPLETED", "node1"),
        ("1", (1,), "CANCELLED by 0", "node1"),
        ("18", (1,), "FAILED", ""),
    ]


def test_the_id_of_a_submission() -> None:
    assert answers.submitted_id("123\n") == "123"
    assert answers.submitted_id("Welcome to the cluster!\n123;meggie\n") == "123"


def test_limits_of_a_real_configuration() -> None:
    said = "Configuration data as of now\nMaxArraySize            = 1001\nMinJobAge               = 300 sec\n"
    assert answers.config_of(said) == {"MaxArraySize": "1001", "MinJobAge": "300 sec"}


def test_nodes_by_any_name_of_their_hosts() -> None:
    found = answers.nodes_of("n1|n1.site.example\nn2|host2\n")
    assert found == {"n1": "n1", "n1.site.example": "n1", "n2": "n2", "host2": "n2"}
