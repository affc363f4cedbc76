"""Where everything stands: a layered layout, one level of nesting after the other, without any other program.

Ranks by the longest path, rows with bends for long arrows, an order with few crossings, then places by least
squares; after K. Sugiyama, S. Tagawa, M. Toda, IEEE Trans. SMC 11 (1981) 109. There is no living Python library that
nests boxes; Graphviz does, and reads our DOT.
"""

from recast.graph.layout.nest import Picture, PlacedBox, PlacedWire, lay_out

__all__ = ["Picture", "PlacedBox", "PlacedWire", "lay_out"]
