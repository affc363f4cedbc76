"""Wishes of a job: read back as they were, refused if they are none, absent where there are none."""

from __future__ import annotations

import dataclasses

import pytest

from recast.jobs import NO_WISHES, ContainerJob, SecretWish, Wishes
from recast.jobs.container_args import checked, memory_shm_mb, pilot_words

ALL = Wishes("x86_64", "nvidia", ("A", "B"), ("C",), "g", ("no-home",), (SecretWish("T", "V"), SecretWish("U")))


def test_they_are_read_back_as_they_were() -> None:
    assert Wishes.from_json(ALL.as_json()) == ALL
    assert Wishes.from_json({}) == NO_WISHES
    assert not NO_WISHES
    assert ALL


def test_a_job_without_wishes_is_written_as_before() -> None:
    job = ContainerJob("j", None, "true", None, "sh", "/recast/run/x")
    assert "wishes" not in job.as_json()
    wished = dataclasses.replace(job, wishes=ALL)
    assert ContainerJob.from_json(wished.as_json()) == wished


@pytest.mark.parametrize(
    "data",
    [
        {"secrets": ["../../etc/shadow"]},
        {"secrets": ["T=a b"]},
        {"secrets": ["T="]},
        {"secrets": "T"},
        {"secrets": [1]},
        {"sites": "A"},
        {"architecture": 5},
        {"gpu_model": ["a"]},
    ],
)
def test_what_is_none_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Wishes.from_json(data)


def test_what_is_nearer_wins_and_secrets_add_up() -> None:
    nearer = Wishes(sites=("X",), secrets=(SecretWish("T", "W"), SecretWish("N")), container_args=("shm-size=1MB",))
    both = ALL.under(nearer)
    assert (both.architecture, both.sites) == ("x86_64", ("X",))
    assert both.secrets == (SecretWish("T", "W"), SecretWish("U"), SecretWish("N"))
    assert both.container_args == ("no-home", "shm-size=1MB")


def test_arguments_of_containers_are_of_a_list() -> None:
    assert checked("--nohome") == "no-home"
    assert checked("shm-size=2GiB") == "shm-size=2148MB"
    assert memory_shm_mb(("no-home", "shm-size=2148MB")) == 2148
    assert pilot_words(("no-home", "no-cvmfs")) == "--nohome --nocvmfs"
    with pytest.raises(ValueError, match="no word for shm-size"):
        pilot_words(("shm-size=1MB",))
    for text in (
        "privileged",
        "--bind=/:/host",
        "-v",
        "shm-size",
        "no-home=1",
        "shm-size=1;ls",
        "",
        "no-home --privileged",
    ):
        with pytest.raises(ValueError, match=r"allowed|written|size"):
            checked(text)
