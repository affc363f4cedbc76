"""PanDA: a user's container image as tasks of a PanDA server, started by pilots on the nodes of a grid."""

from recast.executors.panda.system import PandaSystem

__all__ = ["PandaSystem"]
