"""Submit one user-defined container: its image is pinned on the spot, and it becomes a run like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recast.json_types import JsonDict
from recast.operations.run import begin_run
from recast.paths import Places
from recast.prepare import Options, PreparedRun
from recast.rundir import RunDirectory
from recast.submissions import SubmitOrder, prepared_order
from recast.submissions.image import FoundImage, find_image
from recast.submissions.order import check_order

__all__ = ["Submitted", "preview", "submit"]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run that was made of an order, and the image that it is pinned to."""

    directory: RunDirectory
    image: FoundImage
    jobs: int

    def as_json(self) -> JsonDict:
        """Return what a program needs to go on."""
        return {
            "run": self.directory.id,
            "image": self.image.said,
            "digest": self.image.digest,
            "reference": self.image.reference,
            "jobs": self.jobs,
            "directory": str(self.directory.path),
        }


def submit(
    order: SubmitOrder,
    options: Options,
    places: Places,
    *,
    say: Callable[[str], None],
    name: str = "",
    workdir: Path | None = None,
    passed_over: Callable[[str], None] | None = None,
) -> Submitted:
    """Make the run of an order and return it; `drive_run` brings it to its end. `say` hears the digest of the image.

    Raises UsageError or InputError for an order that cannot be, what the image's registry raises, and as `begin_run`.
    """
    with _ready(order, options, places, say) as (prepared, image):
        directory = begin_run(
            prepared, places, consent=_nothing_to_build, say=say, name=name, workdir=workdir, passed_over=passed_over
        )
    return Submitted(directory, image, order.jobs)


def preview(order: SubmitOrder, options: Options, places: Places, *, say: Callable[[str], None]) -> JsonDict:
    """Return what would be sent: the image, the jobs, and what their batch system would be told; nothing is written.

    Raises as `submit`, but for what only begins to matter when containers are started.
    """
    from recast.submissions.preview import preview_of

    with _ready(order, options, places, say) as (prepared, image):
        shown = preview_of(prepared, _values(options))
    return {"image": image.said, "digest": image.digest, "executor": options.executor, **shown.as_json()}


@contextmanager
def _ready(
    order: SubmitOrder, options: Options, places: Places, say: Callable[[str], None]
) -> Iterator[tuple[PreparedRun, FoundImage]]:
    for line in check_order(order):
        say(line)
    image = find_image(order.image, places.image_store, _architecture(options))
    say(f"image      {image.said} is {image.digest} ({image.how})")
    with prepared_order(order, image, options) as prepared:
        yield prepared, image


def _architecture(options: Options) -> str:
    from recast.prepare.wish_words import ARCHITECTURES

    said = [value for key, value in (options.words.everywhere if options.words else ()) if key == "arch"]
    return ARCHITECTURES.get(said[-1], "") if said else ""


def _values(options: Options) -> JsonDict:
    """Return all settings of the executor, defaults and secrets' files included."""
    if options.executor == "local":
        return {}
    import os

    from recast.config import load_config
    from recast.executors.values import executor_values

    return dict(executor_values(options.executor, options.executor_settings, os.environ, load_config()))


def _nothing_to_build(*_: object) -> None:
    """Consent: an image of an order is there, or is pulled; none is built."""
