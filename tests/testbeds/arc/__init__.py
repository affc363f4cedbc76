"""A real ARC computing element on this machine: A-REX with its REST interface, by one command."""

from tests.testbeds.arc.bed import ArcBed

__all__ = ["ArcBed"]
