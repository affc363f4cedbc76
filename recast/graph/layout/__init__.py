"""A layered layout, one nesting level after the other, without any external program.

Ranks by the longest path, rows with bends for long arrows, an order with few crossings, then positions by least
squares; after K. Sugiyama, S. Tagawa, M. Toda, IEEE Trans. SMC 11 (1981) 109. No maintained Python library supports
nested boxes; Graphviz does, and reads our DOT.
"""

from recast.graph.layout.nest import Picture, PlacedBox, PlacedWire, lay_out

__all__ = ["Picture", "PlacedBox", "PlacedWire", "lay_out"]
