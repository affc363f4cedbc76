"""A store at a URL that only fsspec supports (s3, gs, ...): for the driver."""

from __future__ import annotations

import os
from typing import Any

from recast.errors import StoreError
from recast.worker.failure import Failure, OtherBytes
from recast.worker.remote.fetch import hash_of

__all__ = ["FsspecStore"]


class FsspecStore:
    """The counterpart of the worker's `FarStore` for fsspec file systems, which find their credentials themselves."""

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        try:
            opened: tuple[Any, str] = url_to_fs(url)
        except (ImportError, ValueError) as problem:
            raise StoreError(
                "This store's URL is not understood here",
                where=url,
                why=str(problem),
                next_step="install its package (s3: pip install 'recast-framework[s3]'), or use file, https or root",
            ) from problem
        self._fs, self._root = opened[0], opened[1].rstrip("/")

    def get(self, place: str, digest: str, size: int, target: str) -> None:
        """Fetch a file to `target`, and check its digest."""
        part = target + ".part"
        self._do("get_file", f"{self._root}/{place}", part)
        if hash_of(part) != digest:
            os.unlink(part)  # noqa: PTH108
            raise OtherBytes("staging", f"{self._root}/{place} holds other bytes than {digest}")
        os.rename(part, target)  # noqa: PTH104

    def put(self, path: str, place: str, size: int, *, again: bool = False) -> None:
        """Upload a file, unless one of that size is there (with `again`, always)."""
        if not again and self.size(place) == size:
            return
        self._do("makedirs", f"{self._root}/{place}".rpartition("/")[0], exist_ok=True)
        self._do("put_file", path, f"{self._root}/{place}")
        if self.size(place) != size:
            raise Failure("staging", f"{self._root}/{place} is not whole after it was written")

    def size(self, place: str) -> int | None:
        """Return the size of a file in bytes, None if it does not exist."""
        self._fs.invalidate_cache()
        try:
            return int(self._do("size", f"{self._root}/{place}"))
        except FileNotFoundError:
            return None

    def fetch_named(self, place: str, target: str, most_bytes: int) -> bool:
        """Bring a file whose digest nobody knows, at most so much of it; return False if it is not there."""
        self._fs.invalidate_cache()
        try:
            content: bytes = self._do("cat_file", f"{self._root}/{place}", start=0, end=most_bytes)
        except FileNotFoundError:
            return False
        with open(target + ".part", "wb") as file:  # noqa: PTH123
            file.write(content)
        os.replace(target + ".part", target)  # noqa: PTH105
        return True

    def _do(self, name: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self._fs, name)(*arguments, **options)
        except FileNotFoundError:
            raise
        except PermissionError as problem:
            raise Failure("authentication", str(problem)) from problem
        except Exception as problem:  # each fsspec file system has its own exceptions
            raise Failure("staging", f"{type(problem).__name__}: {problem}") from problem
