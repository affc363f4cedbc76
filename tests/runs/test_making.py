"""What is said while an image is brought into a runtime: a line per change, and none too often."""

import pytest

from recast.errors import Interrupted
from recast.runs import image_making as making
from recast.runs.image_making import Making


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(making.time, "monotonic", lambda: now[0])
    return now


def heard(name, steps, clock):
    said = []
    tell = Making("a/b:1", name, said.append, lambda done, total: None)
    for at, done, total in steps:
        clock[0] = 100.0 + at
        tell(done, total)
    return said


def test_a_line_per_change_and_none_too_often(clock):
    steps = [(0, 0, 300_000_000), (1, 40_000_000, 300_000_000), (6, 120_000_000, 300_000_000)]
    steps += [(12, 120_000_000, 300_000_000), (13, 300_000_000, 300_000_000), (20, 300_000_000, 300_000_000)]
    assert heard("docker", steps, clock) == [
        "loading image a/b:1 into docker (300 MB)",
        "loading image a/b:1 into docker: 120 of 300 MB",
        "loading image a/b:1 into docker: 300 MB sent, docker is importing them (13 s)",
        "loading image a/b:1 into docker: 300 MB sent, docker is importing them (20 s)",
    ]


def test_each_runtime_has_its_own_words(clock):
    begun = {name: heard(name, [(0, 0, 1_100_000)], clock)[0] for name in ("bubblewrap", "podman", "apptainer")}
    assert begun == {
        "bubblewrap": "unpacking image a/b:1 (1.1 MB)",
        "podman": "loading image a/b:1 into podman (1.1 MB)",
        "apptainer": "making a SIF file of image a/b:1 (1.1 MB)",
    }


def test_what_is_not_wanted_any_more_ends(clock):
    def stop(done, total):
        raise Interrupted("enough")

    said = []
    with pytest.raises(Interrupted):
        Making("a/b:1", "docker", said.append, stop)(0, 1)
    assert said == []
