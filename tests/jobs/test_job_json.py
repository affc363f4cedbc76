"""A job as JSON, and amounts as people write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.engine.overrides import NO_OVERRIDES, RunOverrides, StageOverrides
from recast.jobs import Bind, ContainerJob, Resources
from recast.jobs.amounts import megabytes, memory_text, seconds, time_text

TEXTS = st.text(max_size=8)
BINDS = st.builds(Bind, TEXTS, TEXTS, st.booleans(), st.booleans())
STAGES = st.builds(
    StageOverrides,
    env=st.dictionaries(TEXTS, TEXTS, max_size=3),
    binds=st.lists(BINDS, max_size=2, unique_by=lambda bind: bind.target).map(tuple),
    cpus=st.none() | st.floats(0.1, 64),
    memory_mb=st.none() | st.integers(1, 10**6),
    gpus=st.none() | st.integers(0, 8),
    network=st.none() | st.booleans(),
)


def job(**changed: object) -> ContainerJob:
    return ContainerJob("j", "sha256:0", "true", None, "sh", "/recast/run/x", **changed)  # type: ignore[arg-type]


@given(st.lists(BINDS, max_size=3), st.integers(0, 8))
def test_a_job_comes_back_from_json(binds: list[Bind], gpus: int) -> None:
    made = job(binds=tuple(binds), resources=Resources(gpus=gpus), avoid_hosts=("node7",))
    assert ContainerJob.from_json(json.loads(json.dumps(made.as_json()))) == made


def test_jobs_of_before_and_after_are_read() -> None:
    data = job().as_json()
    for name in ("binds", "avoid_hosts", "texts", "needs"):
        del data[name]
    del data["resources"]["gpus"]
    data["resources"]["tape_mb"] = 3
    assert ContainerJob.from_json(data) == job()


@given(st.builds(RunOverrides, STAGES, st.dictionaries(TEXTS, STAGES, max_size=2), st.dictionaries(TEXTS, TEXTS)))
def test_overrides_come_back_from_json(overrides: RunOverrides) -> None:
    assert RunOverrides.from_json(json.loads(json.dumps(overrides.as_json()))) == overrides
    assert bool(overrides) == (overrides != NO_OVERRIDES)


@given(STAGES, STAGES)
def test_what_is_nearer_wins(far: StageOverrides, near: StageOverrides) -> None:
    both = far.under(near)
    assert both.options.items() >= near.options.items()
    assert both.env.items() >= near.env.items()
    assert both.binds[len(both.binds) - len(near.binds) :] == near.binds
    assert len({bind.target for bind in both.binds}) == len(both.binds)
    assert set(both.options) == set(far.options) | set(near.options)


@given(st.integers(1, 10**9))
def test_amounts_come_back_from_text(amount: int) -> None:
    assert megabytes(memory_text(amount)) == amount
    assert seconds(time_text(amount)) == amount


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4GB", 4000),
        ("4G", 4000),
        ("1.5 GB", 1500),
        ("2GiB", 2148),
        ("500", 500),
        ("500k", 1),
        ("512Mi", 537),
        ("1T", 10**6),
    ],
)
def test_sizes(text: str, expected: int) -> None:
    assert megabytes(text) == expected


@pytest.mark.parametrize("text", ["", "0", "GB", "-4GB", "4 apples", "4B", "1e9", "٤GB", "4GBGB", "nan", "9" * 40])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="a size is"):
        megabytes(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90m", 5400), ("2h30m", 9000), ("1d", 86_400), ("3600", 3600), ("12:00:00", 43_200), ("1-12:00:00", 129_600)],
)
def test_times(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0", "soon", "h", "-1h", "2h30", "1:2:3:4", "0:00:00", "2m1h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="a time is"):
        seconds(text)
