"""What to run: a published version or an imported entry from the catalogue, or any yadage workflow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from recast.catalogue.entries.example import ExampleInputs
from recast.catalogue.entries.local_workflow import UNBUILT, Source, load_file, no_example
from recast.errors import NotFound, SpecError, UsageError
from recast.prepare.crate_files import crate_at
from recast.spec import load_workflow

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.remote import Origin

__all__ = ["Source", "find_source", "from_version"]


_SUFFIXES = (".yml", ".yaml", ".json")


def find_source(
    name: str,
    toplevel: str | Path | None = None,
    example: str | None = None,
    *,
    bare: bool = False,
    allow_withdrawn: bool = False,
) -> Source:
    """Return what `recast run NAME [--toplevel WHERE] [--example NAME]` means; raise NotFound or SpecError.

    A name with a YAML suffix, or any name beside `--toplevel`, is a workflow's file; else it is `ANALYSIS[@VERSION]`,
    an imported entry, or a version in a registry (`oci://...`). The file of a catalogue entry means the version that
    publishing it would create; a crate (a folder or a zip) means the run that it describes, with its inputs. A
    withdrawn version is refused unless `allow_withdrawn`. `bare` says that the user gave no inputs, so an entry's
    default example is used.
    """
    if name.startswith("oci://") or (toplevel is None and _is_written(name)):
        return _published(name, example, allow_withdrawn)
    if toplevel is None and (crate := crate_at(name)) is not None:
        return _of_crate(crate, example, allow_withdrawn)
    if name.endswith(".tar") and Path(name).is_file():
        raise _archive(name)
    if toplevel is not None or name.endswith(_SUFFIXES) or ("/" in name and Path(name).is_file()):
        return _from_file(name, toplevel, example)
    from recast.catalogue import Catalogue
    from recast.recast_atlas.imported import ImportedEntries

    if name in ImportedEntries().names() and name not in Catalogue().analyses():
        return _from_entry(name, example, bare)
    if "/" in name:
        raise _nothing(name, ImportedEntries().names())
    return _published(name, example, allow_withdrawn)


def _published(name: str, example: str | None, allow_withdrawn: bool) -> Source:
    from recast.catalogue.transfer.find import find_version

    found = find_version(name)
    source = from_version(found.version, example, tuple(found.to_run(allow_withdrawn=allow_withdrawn)))
    if found.written is None:
        return source
    return replace(source, origin={"draft": {"entry": found.written.name, "note": found.warnings[0]}})


def _of_crate(path: Path, example: str | None, allow_withdrawn: bool) -> Source:
    from recast.catalogue import Catalogue
    from recast.prepare.crate import read_crate

    crate = read_crate(path)
    if crate.version is not None:
        found = crate.found(Catalogue())
        source = from_version(found.version, example, tuple(found.to_run(allow_withdrawn=allow_withdrawn)))
    elif example is not None:
        raise no_example(str(path), example)
    else:
        loaded = load_file(crate.workflow, crate.spec)
        source = replace(loaded, pins=crate.pins, warnings=(*crate.warnings(), *loaded.warnings))
    offer = source.offer if example is not None else crate.offer()
    origin = {"crate": {"run": crate.run, "digest": crate.digest}}
    return replace(source, offer=offer, origin=origin, repeats=crate.pins)


def _is_written(name: str) -> bool:
    """Return whether a name is that of an entry's file, without opening files that cannot be one."""
    if ".y" not in name:
        return False
    from recast.catalogue.entries.written import written_entry

    return written_entry(name) is not None


def from_version(version: PublishedVersion, example: str | None = None, warnings: tuple[str, ...] = ()) -> Source:
    """Return a published version as something to run; its files are checked against their digests."""
    from recast.catalogue.checkout import checkout
    from recast.inputs.initfile import is_elsewhere

    folder = checkout(version)
    loaded = load_workflow(version.workflow, folder)
    return Source(
        toplevel=folder,
        path=version.workflow,
        workflow=loaded.workflow,
        files=tuple(sorted({*loaded.files, *(path for path in version.init.values() if not is_elsewhere(path))})),
        pins={**dict.fromkeys(version.recipes, UNBUILT), **version.pins},
        init=version.init,
        version=version,
        warnings=warnings,
        offer=ExampleInputs(example, version.example(example).inputs) if example else ExampleInputs(),
    )


def _from_entry(name: str, example: str | None, bare: bool) -> Source:
    from recast.recast_atlas.imported import ImportedEntries
    from recast.recast_atlas.run_source import entry_run

    return entry_run(ImportedEntries().get(name), example, bare=bare)


def _from_file(name: str, toplevel: str | Path | None, example: str | None) -> Source:
    from recast.remote import local_toplevel, split_workflow, workflow_file

    if toplevel is None and (apart := split_workflow(name)) is not None:
        toplevel, name = apart
    path = workflow_file(name)
    if toplevel is None:
        source = _loaded(Path(path).name, Path(path).parent, None)
    else:
        fetched = local_toplevel(str(toplevel), path)
        source = _loaded(path, fetched.path, fetched.origin)
    if example is not None:  # errors in the file come first: it may be an entry with a mistake
        raise no_example(path, example)
    return source


def _loaded(path: str, folder: Path, origin: Origin | None) -> Source:
    """Return the workflow in a file, or the one that a `reana.yaml` names, with the inputs that it gives."""
    from recast.spec.reana import REANA

    offer = None
    try:
        loaded = load_file(path, folder)
    except SpecError as problem:
        if problem.code != REANA:
            raise
        from recast.prepare.reana_file import load_reana

        loaded, offer = load_reana(folder / path if (folder / path).is_file() else Path(path))
    return loaded.brought({"toplevel": origin.as_json(loaded.files)} if origin else None, offer)


def _nothing(name: str, entries: list[str]) -> NotFound:
    from recast.suggest import listed

    return NotFound(
        f"There is neither a workflow file nor an imported entry {name!r}",
        why=f"Imported are: {listed(name, entries)}",
        next_step="recast catalogue ls, or give the workflow's file",
    )


def _archive(name: str) -> UsageError:
    return UsageError(
        f"{name} is an archive, which must be imported into the catalogue first",
        next_step=f"recast catalogue import {name}, then: recast run ANALYSIS@VERSION --example NAME",
    )
