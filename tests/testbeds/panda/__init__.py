"""Real parts of PanDA on this machine: the server's request entry, its job maker, the pilot, and prun as a judge."""

from tests.testbeds.panda.bed import PandaBed

__all__ = ["PandaBed"]
