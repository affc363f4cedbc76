"""The catalogue store: an OCI image layout like the image store, with error messages about the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from recast.catalogue.semver import Semver
from recast.errors import EntryError, ImageCorrupt, ImageError, NotFound, StoreError
from recast.images import ImageStore
from recast.images.disk import locked, replace_file
from recast.images.manifest import Descriptor
from recast.images.remembered import Remembered
from recast.json_types import JsonObject

__all__ = ["CatalogueStore", "corrupt", "edited"]

_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_WRITERS = 8
_SAID_HERE = "said_here"
_THROW_AWAY = "throw-away"
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$", re.MULTILINE)
_TAG = re.compile(r"(?P<analysis>[a-z0-9-]+):(?P<version>[0-9A-Za-z.-]+)")


class CatalogueStore:
    """Blobs by digest, and an index of `analysis:version`; reading needs no write access."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._layout = ImageStore(self.root)
        self._said_here = Remembered(self.root / _SAID_HERE, _read_said_here)
        self._versions: tuple[Mapping[str, str] | None, Mapping[tuple[str, str], str]] = (None, {})

    @property
    def layout(self) -> ImageStore:
        """The OCI layout itself, for copying it as a whole; its error messages are about images."""
        return self._layout

    def names(self) -> Mapping[str, str]:
        """Return every name in the index with its digest; the same object until the index changes."""
        with self._speaking():
            names = self._layout.names()
        if not names and (self.root / "blobs").is_dir() and not (self.root / "index.json").exists():
            raise edited(self.root, "Its index.json is missing, although there are blobs.")
        return names

    def index(self) -> Mapping[tuple[str, str], str]:
        """Return the manifest digest of each (analysis, version); other names in the index are ignored."""
        names, (known, versions) = self.names(), self._versions
        if names is not known:
            versions = _versions_among(names)
            self._versions = (names, versions)
        return versions

    def lost(self) -> dict[str, list[str]]:
        """Return, by analysis, digests with statements that no version number refers to.

        Statements are never removed, so the index must have been edited.
        """
        meant = set(self.index().values())
        found: dict[str, list[str]] = {}
        for name in self.names():
            match = _TAG.fullmatch(name)
            if match and match["version"].startswith("sha256-"):
                digest = match["version"].replace("-", ":", 1)
                if digest not in meant:
                    found.setdefault(match["analysis"], []).append(digest)
        return found

    def said_here(self) -> frozenset[str]:
        """Return the digests of the statements that were made in this catalogue; archives cannot add to them."""
        return self._said_here.get()

    def note_said_here(self, digest: str) -> None:
        """Record that a statement was made in this catalogue; the caller holds the publishers' lock."""
        known = self.said_here()
        if digest not in known:
            with self._speaking():
                replace_file(self.root / _SAID_HERE, "".join(f"{it}\n" for it in sorted({*known, digest})).encode())

    @property
    def is_throw_away(self) -> bool:
        """Whether this is a throw-away catalogue: its version numbers may be reused for other bytes."""
        return (self.root / _THROW_AWAY).is_file()

    def make_throw_away(self) -> None:
        """Mark an empty catalogue as throw-away; raise EntryError if something is published in it."""
        with self.publishing():
            if self.is_throw_away:
                return
            if self.index():
                raise EntryError(
                    "Versions are published here, and a published version never changes",
                    where=str(self.root),
                    why="Only an empty catalogue can become a throw-away one.",
                    next_step="Give another folder: recast publish ENTRY.yml --throw-away --to DIR",
                )
            with self._speaking():
                replace_file(self.root / _THROW_AWAY, b"Numbers may be used again here. Nothing of it is preserved.\n")

    def path(self, digest: str) -> Path:
        """Return the path of a blob."""
        return self._layout.blob_path(digest)

    def read(self, digest: str, most_bytes: int | None = None) -> bytes:
        """Return a blob's bytes, checked against its digest; raise StoreError if missing, damaged or too large."""
        with self._speaking(digest):
            return b"".join(self._layout.read_blob(digest, limit=most_bytes))

    def add(self, content: bytes, media_type: str) -> Descriptor:
        """Store bytes as a blob."""
        with self._speaking():
            return self._layout.add_blob([content], media_type)

    def add_all(self, contents: Iterable[bytes], media_type: str) -> list[Descriptor]:
        """Store many blobs; each is synced, several at once."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_WRITERS) as pool:
            return list(pool.map(lambda content: self.add(content, media_type), contents))

    def add_manifest(
        self, config: JsonObject, config_type: str, layers: Sequence[JsonObject], artifact_type: str
    ) -> str:
        """Store a configuration and its manifest; return the manifest's digest. Equal content gives an equal digest."""
        with self._speaking():
            manifest = {
                "schemaVersion": 2,
                "mediaType": _MANIFEST_TYPE,
                "artifactType": artifact_type,
                "config": self._layout.add_json(config, config_type).as_json(),
                "layers": list(layers),
            }
            return self._layout.add_json(manifest, _MANIFEST_TYPE).digest

    def tag(self, analysis: str, version: str, digest: str) -> None:
        """Make `analysis:version` refer to a manifest."""
        self.tag_name(f"{analysis}:{version}", digest)

    def forget(self, analysis: str, digest: str) -> None:
        """Remove all names of a version and of the statements about it; their blobs are kept."""
        book = f"{analysis}:{digest.replace(':', '-')}"
        with self._speaking():
            self._layout.untag([name for name, meant in self.names().items() if meant == digest or name == book])

    def tag_name(self, name: str, digest: str) -> None:
        """Make a name in the index refer to a stored manifest or index."""
        with self._speaking():
            self._layout.tag(name, digest)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Hold the publishers' lock, so that checking for a version and adding it are one atomic step."""
        with ExitStack() as stack:
            with self._speaking():
                stack.enter_context(locked(self.root / ".publish.lock"))
            yield

    @contextmanager
    def _speaking(self, digest: str = "") -> Iterator[None]:
        try:
            yield
        except ImageCorrupt as problem:
            raise corrupt(digest or problem.what, Path(problem.where), problem.why) from problem
        except ImageError as problem:
            step = "Free space or fix the permissions, or choose another folder: export RECAST_CATALOGUE=DIR"
            what = problem.what.replace("image store", "catalogue store")
            raise StoreError(what, where=problem.where, why=problem.why, next_step=step) from problem
        except NotFound as problem:
            raise corrupt(digest or "of a manifest", self.root, "the blob is missing") from problem


def _versions_among(names: Mapping[str, str]) -> Mapping[tuple[str, str], str]:
    found = ((_TAG.fullmatch(name), digest) for name, digest in names.items())
    return MappingProxyType(
        {
            (match["analysis"], match["version"]): digest
            for match, digest in found
            if match and Semver.valid(match["version"])
        }
    )


def _read_said_here(path: Path) -> frozenset[str]:
    try:
        return frozenset(_DIGEST.findall(path.read_text(encoding="ascii", errors="replace")))
    except FileNotFoundError:
        return frozenset()
    except OSError as problem:
        step = "Fix the permissions, or choose another folder: export RECAST_CATALOGUE=DIR"
        raise StoreError.of(problem, "The catalogue store cannot be read", path, step) from problem


def corrupt(digest: str, path: Path, why: str) -> StoreError:
    """Return the error for a damaged blob of the catalogue."""
    return StoreError(
        f"The catalogue store is damaged: blob {digest}",
        where=str(path),
        why=why,
        next_step="recast publish catalogue/ANALYSIS.yml   (writes the same bytes again; the digest must be the same)",
        code="catalogue.corrupt",
    )


def edited(root: Path, why: str) -> StoreError:
    """Return the error for a catalogue whose index was changed by hand."""
    return StoreError(
        "The catalogue store was edited by hand",
        where=str(root / "index.json"),
        why=why,
        next_step="Publish or import these versions again (the same bytes, the same digest), or restore index.json.",
        code="catalogue.edited",
    )
