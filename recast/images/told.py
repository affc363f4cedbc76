"""What `recast.layers` finds wrong, told as this framework tells its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recast.errors import ImageCorrupt, ImageError
from recast.images.layout import REBUILD
from recast.layers.faults import LayerCorrupt, LayerFault

__all__ = ["layers_told"]


@contextmanager
def layers_told() -> Iterator[None]:
    """Turn a LayerFault into an ImageError with the same words and code, a LayerCorrupt into an ImageCorrupt."""
    try:
        yield
    except LayerCorrupt as problem:
        raise ImageCorrupt(
            f"Blob {problem.digest} is damaged", where=problem.where, why=problem.why, next_step=REBUILD
        ) from problem
    except LayerFault as problem:
        raise ImageError(
            problem.what, where=problem.where, why=problem.why, next_step=problem.next_step, code=problem.code
        ) from problem
