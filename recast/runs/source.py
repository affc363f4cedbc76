"""What to run: a published version from the catalogue, or any yadage workflow on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recast.errors import NotFound
from recast.spec import load_workflow
from recast.spec.model import Workflow

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion

__all__ = ["Source", "find_source"]


@dataclass(frozen=True)
class Source:
    """A workflow that can be run: its files, and what its catalogue entry adds.

    `files` are the paths (relative to `toplevel`) that belong to the spec. `init` maps keys of init to files of the
    bundle. `version` is None for a workflow that is not published; its inputs are trusted.
    """

    toplevel: Path
    path: str
    workflow: Workflow
    files: tuple[str, ...]
    pins: Mapping[str, str]
    init: Mapping[str, str] = field(default_factory=dict)
    version: PublishedVersion | None = None
    warnings: tuple[str, ...] = ()
    origin: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """Return the name that a user knows it by."""
        return self.version.reference if self.version else self.path

    def example(self, name: str) -> dict[str, Any]:
        """Return the inputs of an example; raise NotFound naming the ones there are."""
        if self.version is None:
            raise NotFound(
                f"{self.path} has no example {name!r}",
                why="Only published versions have examples.",
                next_step="give the inputs with --inputs FILE or -p key=value",
            )
        return dict(self.version.example(name).inputs)

    def check_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Raise InputError if a user's inputs do not fit the version's schema."""
        if self.version is not None:
            self.version.check_inputs(inputs)


def find_source(name: str, toplevel: Path | None = None) -> Source:
    """Return what `recast run NAME [--toplevel DIR]` means; raise NotFound or SpecError.

    A name with a slash or a YAML suffix, or any name beside `--toplevel`, is a file; else it is `ANALYSIS[@VERSION]`.
    """
    if toplevel is not None or name.endswith((".yml", ".yaml", ".json")) or "/" in name:
        return _from_file(name, toplevel)
    from recast.catalogue import Catalogue

    return from_version(Catalogue().get(name))


def from_version(version: PublishedVersion) -> Source:
    """Return a published version as something to run; its files are checked against their digests."""
    folder = version.checkout()
    loaded = load_workflow(version.workflow, folder)
    return Source(
        toplevel=folder,
        path=version.workflow,
        workflow=loaded.workflow,
        files=tuple(sorted({*loaded.files, *version.init.values()})),
        pins=version.pins,
        init=version.init,
        version=version,
    )


def _from_file(name: str, toplevel: Path | None) -> Source:
    top = toplevel if toplevel is not None else Path(name).parent
    path = name if toplevel is not None else Path(name).name
    loaded = load_workflow(path, top)
    return Source(
        toplevel=loaded.toplevel,
        path=_relative(path, loaded.toplevel),
        workflow=loaded.workflow,
        files=loaded.files,
        pins=_pins(loaded.toplevel),
        # A floating image is no warning but an error, unless the lock pins it; preflight looks.
        warnings=tuple(str(finding) for finding in loaded.warnings if not finding.code.endswith("floating-image")),
    )


def _pins(folder: Path) -> dict[str, str]:
    if not (folder / "images.lock.json").exists():
        return {}
    from recast.images import load_lock

    return {name: image.digest for name, image in load_lock(folder).images.items()}


def _relative(path: str, toplevel: Path) -> str:
    if (toplevel / path).is_file():
        return path
    return Path(path).absolute().resolve().relative_to(toplevel.resolve()).as_posix()
