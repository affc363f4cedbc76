"""Drawings of the DAG of a workflow or of its run; one module per output format. Pure."""

from recast.graph.known import known_drawing
from recast.graph.model import Drawing, Edge, Group, Node
from recast.graph.written import written_drawing

__all__ = ["Drawing", "Edge", "Group", "Node", "known_drawing", "written_drawing"]
