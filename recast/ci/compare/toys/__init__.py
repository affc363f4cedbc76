"""The self test: does the comparison keep its promises on toys whose truth is known."""

from recast.ci.compare.toys.selftest import SelfTest, selftest

__all__ = ["SelfTest", "selftest"]
