"""A real Slurm on this machine: three nodes on the loopback interface, with or without accounting, by one command."""

from tests.testbeds.slurm.bed import SlurmBed

__all__ = ["SlurmBed"]
