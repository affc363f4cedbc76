"""Faults of layers, which callers turn into errors for users or failures of an attempt."""

from __future__ import annotations

__all__ = ["LayerCorrupt", "LayerFault"]


class LayerFault(Exception):
    """A layer is refused: `what` in one sentence, `where`, `why`, what to do next, and a stable `code`."""

    def __init__(self, what: str, where: str = "", why: str = "", next_step: str = "", code: str = "image") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next_step = next_step
        self.code = code

    def __str__(self) -> str:
        return ": ".join(text for text in (self.what, self.where, self.why) if text)


class LayerCorrupt(LayerFault):
    """A layer's bytes do not match the image; `digest` is the layer's."""

    def __init__(self, digest: str, where: str, why: str) -> None:
        super().__init__(f"Layer {digest} is damaged", where, why, code="image.corrupt")
        self.digest = digest
