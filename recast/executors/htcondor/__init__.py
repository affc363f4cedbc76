"""HTCondor: arrays of jobs as clusters of a schedd."""

from recast.executors.htcondor.system import HTCondorEngine

__all__ = ["HTCondorEngine"]
