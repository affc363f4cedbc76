"""A disk whose power can be cut: an ext4 in a file, by way of a loop device.

What the kernel has not written to the file yet is lost when the file is copied: that is what a power cut leaves. The
copy is mounted as after a reboot, and its journal is replayed. Real, and in a second; it takes root and a loop device.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import until

__all__ = ["Disk", "disk"]

_SIZE = "256M"


class Disk:
    """A disk that is mounted at `path`; `cut` shows what would be on it if the power failed now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._image = folder / "disk.img"
        self.path = folder / "disk"
        self._cuts = 0

    def mount(self) -> None:
        """Make the disk; raise OSError or CalledProcessError where that cannot be."""
        with self._image.open("wb"):
            pass
        _do("truncate", "-s", _SIZE, self._image)
        _do("mkfs.ext4", "-q", "-F", self._image)
        self.path.mkdir()
        # The longest commit interval: whatever is on the disk, somebody waited for.
        _do("mount", "-o", "loop,commit=300", self._image, self.path)

    @contextmanager
    def cut(self) -> Iterator[Path]:
        """Yield where the disk is seen as a power cut at this moment would leave it."""
        self._cuts += 1
        image, place = self._folder / f"cut-{self._cuts}.img", self._folder / f"cut-{self._cuts}"
        until(lambda: self._copied(image), "the disk was never quiet for as long as a copy takes")
        place.mkdir()
        _do("mount", "-o", "loop", image, place)
        try:
            yield place
        finally:
            _do("umount", place)
            image.unlink()

    def _copied(self, image: Path) -> bool:
        """Copy the disk; return whether nothing was written meanwhile, so that the copy is of one moment."""
        before = self._written()
        _do("cp", "--sparse=always", self._image, image)
        return self._written() == before

    def _written(self) -> str:
        """Return what the kernel counts of writes to the disk, those under way among them."""
        device = _do("findmnt", "-n", "-o", "SOURCE", self.path).strip()
        fields = Path("/sys/block", Path(device).name, "stat").read_text().split()
        return f"{fields[4]} {fields[6]} {fields[8]}"

    def unmount(self) -> None:
        """Let the disk go."""
        with suppress(subprocess.CalledProcessError):
            _do("umount", self.path)


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """Yield a new disk, mounted in a folder. Raises OSError or CalledProcessError where there can be none."""
    made = Disk(folder)
    made.mount()
    try:
        yield made
    finally:
        made.unmount()


def _do(*argv: str | Path) -> str:
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, timeout=120).stdout
