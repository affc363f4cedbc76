"""HTCondor: arrays of jobs as clusters of a schedd."""

from recast.executors.htcondor.system import HTCondorSystem

__all__ = ["HTCondorSystem"]
