"""Publish a version: into a catalogue on this machine, or into a registry with all its images."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recast.atomic import new_folder
from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.publishing.examine import Examined, examine
from recast.catalogue.publishing.publish import Author, enter, say_published
from recast.errors import UsageError
from recast.json_types import JsonDict
from recast.operations.check_version import plan_example
from recast.paths import places

__all__ = ["Published", "Target", "examined", "publish", "target_of"]

_STEP = "recast publish SOURCE --to oci://registry.example.org/group/analysis"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to publish: the catalogue in a folder, and from there a repository if `url` is set (oci://...)."""

    catalogue: Catalogue
    url: str | None = None

    @property
    def elsewhere(self) -> Path | None:
        """The folder of the catalogue, if it is not the user's own and nothing is sent to a registry."""
        root = self.catalogue.store.root
        own = root.resolve() == places().catalogue_store.resolve()
        return None if own or self.url is not None else root


@dataclass(frozen=True, slots=True)
class Published:
    """The outcome of publishing: `new` is false if the same bytes were there already; `sent` is what a registry
    received.
    """

    version: PublishedVersion
    new: bool
    signature: Any
    sent: JsonDict

    def as_json(self) -> JsonDict:
        """Return what `recast publish -o json` prints."""
        row = {"reference": self.version.reference, "digest": self.version.digest, "new": self.new}
        return {**row, **self.sent, "signature": self.signature.as_json()}


def target_of(text: str | None, *, throw_away: bool = False) -> Target:
    """Return where to publish: `text` is a folder, oci://HOST/REPOSITORY, or None for the user's own catalogue.

    Raises UsageError for another kind of URL, a tag, or a throw-away catalogue that is not in a separate folder.
    """
    remote = text is not None and "://" in text
    if remote:
        assert text is not None
        _check_url(text)
    catalogue = Catalogue(None if remote or text is None else Path(text))
    if throw_away:
        if text is None or remote:
            raise UsageError(
                "--throw-away needs a separate folder",
                next_step="recast publish SOURCE --throw-away --to DIR, then: RECAST_CATALOGUE=DIR recast run NAME",
            )
        catalogue.store.make_throw_away()
    return Target(catalogue, text if remote else None)


@contextmanager
def examined(
    source: str, number: str | None, target: Target, reason: str = "", *, dry_run: bool = False
) -> Iterator[Examined]:
    """Check a version as it would be published; what a dry run stages is removed afterwards.

    `source` is an entry's file, its name, or ANALYSIS@VERSION; `reason` says why it may be published without
    validation.
    """
    with ExitStack() as stack:
        store = target.catalogue.store
        if dry_run:
            scratch = stack.enter_context(new_folder(Path(tempfile.gettempdir()), "recast-publish", 0o700))
            store = Catalogue(scratch / "store").store
        remote = target.url is not None
        yield examine(source, number, Catalogue(), store, places().image_store, plan_example, reason, remote=remote)


def publish(found: Examined, target: Target, author: Author, say: Callable[[str], None]) -> Published:
    """Publish what was examined; raise what its required checks found. Other findings are reported to `say`."""
    found.raise_for()
    version, local = found.staged, target.catalogue
    new = enter(version, local.store)
    if new or target.url is None:
        say_published(version, local.store, author if target.url is None else replace(author, key=None))
    sent = {} if target.url is None else _send(version, local, target.url, author)
    for check in found.checks:
        if check.problem is not None:
            say(f"warning    {check.problem.what}")
    return Published(version, sent.pop("new", new), local.standing(version).signature, sent)


def _send(version: PublishedVersion, local: Catalogue, url: str, author: Author) -> JsonDict:
    from recast.catalogue.transfer.connection import open_registry
    from recast.catalogue.transfer.push import bundle_tag, publish_remotely
    from recast.images import ImageStore

    with open_registry(url) as registry:
        sent = publish_remotely(version, local.store, ImageStore(places().image_store), registry, author)
        name = registry.target.name
    return {
        "new": sent.new,
        "at": f"oci://{name}:{version.version}",
        "bundle": f"oci://{name}:{bundle_tag(version)}",
        "moved_bytes": sent.moved,
    }


def _check_url(url: str) -> None:
    from recast.registry import parse_target

    if not url.startswith("oci://"):
        raise UsageError("Versions are published to a folder or to oci://...", where=f"--to {url}", next_step=_STEP)
    wanted = parse_target(url)
    if wanted.tag is not None or wanted.digest is not None:
        why = "The tag is the version number, which the entry states."
        raise UsageError("The target of publishing has a tag", where=f"--to {url}", why=why, next_step=_STEP)
