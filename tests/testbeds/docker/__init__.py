"""A real Docker daemon on this machine, by one command."""

from tests.testbeds.docker.bed import DockerBed

__all__ = ["DockerBed"]
