"""Tests of single steps: each packtivity by itself, in its image, with what it takes and what has to come out."""

from recast.ci.steptests.find import chosen, found_in
from recast.ci.steptests.load import load
from recast.ci.steptests.model import StepTest
from recast.ci.steptests.outcome import TestOutcome
from recast.ci.steptests.run import How, run

__all__ = ["How", "StepTest", "TestOutcome", "chosen", "found_in", "load", "run"]
