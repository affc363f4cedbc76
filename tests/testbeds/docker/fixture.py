"""Fixtures for tests against a real Docker daemon: `from tests.testbeds.docker.fixture import *  # noqa: F403`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.docker.bed import DockerBed

__all__ = ["docker", "docker_bed"]


@pytest.fixture(scope="session")
def docker_bed() -> Iterator[DockerBed]:
    """The shared daemon."""
    if os.geteuid() != 0:
        pytest.skip("the test-bed of Docker needs root")
    with DockerBed(BEDS / "docker/shared").joined() as bed:
        yield bed


@pytest.fixture
def docker(docker_bed: DockerBed, monkeypatch: pytest.MonkeyPatch) -> DockerBed:
    """The shared daemon, as the one that DOCKER_HOST names."""
    for name, value in docker_bed.env.items():
        monkeypatch.setenv(name, value)
    return docker_bed
