"""Pictures of the DAG: a workflow, or what is known of its run, becomes a drawing; each form is one file. Pure."""

from recast.graph.known import known_drawing
from recast.graph.model import Drawing, Edge, Group, Node
from recast.graph.written import written_drawing

__all__ = ["Drawing", "Edge", "Group", "Node", "known_drawing", "written_drawing"]
