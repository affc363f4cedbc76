"""A home in which a search is published, with its images unpacked, and what it takes to run its scripts by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import take
from benchmarks.place import RECAST, ROOT, Place
from tests.newest import newest_spec

__all__ = ["BUNDLE", "WORK", "Home", "in_image", "published"]

BUNDLE, WORK = "/tmp/bundle", "/tmp/work"  # noqa: S108 - in the container


@dataclass(frozen=True, slots=True)
class Home:
    """A home with one published search; `roots` are the unpacked images by name (`recast/pyhf-fit:1`)."""

    analysis: str
    folder: Path
    images: Path
    roots: Mapping[str, str]

    @property
    def env(self) -> dict[str, str]:
        """The environment in which `recast` finds it, and no other search of the same name."""
        return {"RECAST_HOME": str(self.folder), "RECAST_IMAGE_STORE": str(self.images), "RECAST_SHIPPED": ""}

    @property
    def spec(self) -> Path:
        """The folder of the newest version."""
        return newest_spec(self.analysis)

    def run(self, *options: str) -> float:
        """Run the search without the cache; return the seconds that it took."""
        return take([RECAST, "run", self.analysis, "--no-cache", "-q", *options], ROOT, self.env).seconds


def published(place: Place, analysis: str) -> Home:
    """Build the images of a search unless they are there, publish it in a fresh home, and unpack its images."""
    from recast.images import ImageStore, lease_unpacked, load_lock

    images = Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")
    home = Home(analysis, place.fresh(), images, {})
    take([RECAST, "image", "build", str(home.spec)], ROOT, home.env)
    take([RECAST, "publish", str(ROOT / f"catalogue/{analysis}.yml")], ROOT, home.env)
    pins = load_lock(home.spec).images
    store = ImageStore(images)
    roots = {name: str(lease_unpacked(store, pin.digest).rootfs) for name, pin in pins.items()}
    return Home(analysis, home.folder, images, roots)


def in_image(root: str, bundle: Path, work: Path, script: str) -> Sequence[str]:
    """Return the command that runs a shell script in an image: the bundle at `BUNDLE`, a folder to write at `WORK`."""
    mounts = ["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108
    binds = ["--ro-bind", str(bundle), BUNDLE, "--bind", str(work), WORK]
    return ["bwrap", *mounts, *binds, "--setenv", "OMP_NUM_THREADS", "1", "--chdir", WORK, "sh", "-euc", script]
