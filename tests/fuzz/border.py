"""What a border is, and the scratch folders that borders with files need."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutations import Mutation, mutated_bytes

__all__ = ["Border", "scratch"]


@dataclass(frozen=True)
class Border:
    """Bytes of a stranger go into `feed`, which accepts them or refuses them in words; whatever it raises is a bug.

    `seeds` are valid examples, `mutate` changes one so that it still gets far, `fix` makes checksums
    right again that hold off most changes, `most_s` is how long one may take,
    `examples` how many a run of the suite has time for.
    """

    name: str
    feed: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    mutate: Mutation = mutated_bytes
    fix: Callable[[bytes], bytes] = bytes
    most_s: float = 1.0
    examples: int = 200


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder of its own, in memory where there is some; the `outside` beside it must be as it was in the end."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory if memory.is_dir() else None) as name:
        folder, outside = Path(name) / "inside", Path(name) / "outside"
        folder.mkdir()
        outside.write_bytes(b"as it was")
        yield folder
        assert sorted(path.name for path in Path(name).iterdir()) == ["inside", "outside"], "something was left outside"
        assert outside.read_bytes() == b"as it was", "something outside was changed"
