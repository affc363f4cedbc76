"""Whatever a server says of tasks and jobs, in whatever order: sightings make sense, and nothing ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from recast.executors.batch.system import EngineState, Watched
from recast.executors.panda.answers import Job, Task
from recast.executors.panda.book import Book, Limits, in_words, oldest

STATES = ("defined", "activated", "starting", "running", "holding", "transferring", "finished", "failed", "cancelled")
TASKS = ("registered", "pending", "running", "finished", "done", "exhausted", "broken", "aborted", "new one")
SIZE = 3
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)

jobs = st.builds(
    Job,
    job=st.integers(1, 20),
    task=st.just(7),
    index=st.none() | st.integers(-1, SIZE),
    status=st.sampled_from((*STATES, "closed", "", "unheard-of")),
    exit_code=st.none() | st.integers(0, 255),
    errors=st.dictionaries(
        st.sampled_from(["pilot", "exe", "ddm"]), st.tuples(st.integers(1, 2000), st.text(max_size=5))
    ),
)
tasks = st.builds(
    Task, task=st.sampled_from([7, 8]), name=st.just("x"), status=st.sampled_from(TASKS), stamp=st.text(max_size=20)
)


@given(st.lists(st.tuples(st.lists(tasks, max_size=3), st.lists(jobs, max_size=5), st.floats(0, 1000)), max_size=6))
def test_any_order_of_news(news: list[tuple[list[Task], list[Job], float]]) -> None:
    book, over = Book(Limits(100, 100)), {2}
    watched = Watched("array", Path(), "7", SIZE, over)
    page = book.open(7, "array", 0.0, SIZE)
    for told, found, now_s in news:
        book.take_tasks(told, [7])
        book.take_jobs(page, found, SIZE)
        page.is_stale = False
        assert oldest(NOW) <= book.since(NOW)
        asked = book.to_ask([(page, watched)])
        assert set(asked) <= {job.job for index, job in page.jobs.items() if index not in over}
        for seen in book.sightings(page, watched, now_s):
            assert seen.index in (0, 1) and seen.native_id == f"7.{seen.index}"
            # A failure is only told of what has ended or will be ended by us.
            assert seen.failure is None or seen.state in (EngineState.ENDED, EngineState.HELD)
            assert seen.state is not EngineState.HELD or seen.failure is not None
            if seen.state is EngineState.ENDED and seen.index in page.jobs:
                assert page.jobs[seen.index].status in ("finished", "failed", "cancelled", "closed")


@given(st.text(max_size=30))
def test_a_time_that_is_none_asks_for_everything(stamp: str) -> None:
    book = Book(Limits(0, 0))
    book.take_tasks([Task(7, "x", "running", stamp)], [])
    assert oldest(NOW) <= book.since(NOW)


def test_changes_are_asked_for_with_some_overlap() -> None:
    book = Book(Limits(0, 0))
    assert book.since(NOW) == "2026-11-01 12:00:00"
    book.take_tasks([Task(7, "x", "running", "2026-11-30 11:30:00.123456")], [])
    assert book.since(NOW) == "2026-11-30 11:20:00"
    book.take_tasks([Task(7, "x", "running", "2999-01-01 00:00:00")], [])
    assert book.since(NOW) == "2026-11-30 11:50:00"  # a clock that is wrong hides nothing from us
    book.look_back()
    assert book.since(NOW) == oldest(NOW) == in_words(datetime(2026, 11, 1, 12, tzinfo=UTC))


def test_no_limit_is_no_limit() -> None:
    book = Book(Limits(0, 0))
    page = book.open(7, "array", 0.0, 1)
    page.is_stale, page.status = False, "running"
    book.take_jobs(page, [Job(1, 7, 0, "holding")], 1)
    for now_s in (0.0, 1e9):
        (seen,) = book.sightings(page, Watched("array", Path(), "7", 1, set()), now_s)
        assert seen.state is EngineState.RUNNING and seen.is_left
