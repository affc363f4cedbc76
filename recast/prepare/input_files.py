"""Files that are handed in as inputs: local, from the version, or fetched once; then they are files of init.

A file becomes `/recast/run/init/inputs/<place>/<name>` for the jobs, whatever its name here, and its content is part of
the cache key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recast.catalogue.entries.local_workflow import Source
from recast.errors import InputError, NotFound, PermissionDenied
from recast.inputs.faults import Fault, raise_faults
from recast.inputs.filevalue import (
    MOST_BYTES,
    BadFile,
    FilePlace,
    FileValue,
    file_places,
    parse_file,
    plain_key,
    with_values,
)
from recast.inputs.initfile import is_elsewhere
from recast.inputs.numbers import as_numbers
from recast.inputs.schema import with_defaults
from recast.json_types import JsonDict, JsonObject
from recast.suggest import nearest, similar
from recast.workflow import INIT_DIRECTORY

__all__ = ["FileGrants", "ResolvedFiles", "fixed_files", "hand_in"]

_FOLDER = "inputs"
_HOW = "a URL followed by #sha256=..."


@dataclass(frozen=True, slots=True)
class FileGrants:
    """What the user's own arguments permit, as opposed to an example's or a request's.

    Only the inputs in `keys` may be files of this machine, searched in `folders`. Only URLs in `said` may point into
    the local network. `upload` returns the path of an upload by its digest, and raises NotFound unless it is the
    requester's own; without it there are no uploads. With `offline`, no file is fetched.

    `for_others`: the inputs are those of somebody who is not the user of this machine. No token of the user's goes with
    them, and a file has to be had from its URL: who knows a checksum must not get the file of somebody else by it.
    """

    keys: frozenset[str] = frozenset()
    folders: tuple[Path, ...] = ()
    said: tuple[str, ...] = ()
    upload: Callable[[str], Path] | None = None
    offline: bool = False
    for_others: bool = False


@dataclass(frozen=True, slots=True)
class ResolvedFiles:
    """Inputs with paths below init in place of files, the same inputs as recorded, and the files by their path below
    init.

    `origins` gives the source of each file by path (`RunOrder.origin`).
    """

    values: JsonDict
    given: JsonDict
    files: dict[str, Path] = field(default_factory=dict)
    origins: dict[str, JsonDict] = field(default_factory=dict)


def hand_in(source: Source, inputs: JsonObject, hand: FileGrants) -> ResolvedFiles:
    """Check inputs, and turn those that are files into files of init; raise InputError with all faults at once.

    Remote files are then fetched unless they are in the store; raises what `recast.prepare.download.fetch_file` raises.
    """
    schema = source.version.input_schema if source.version else {}
    inputs = as_numbers(with_defaults(inputs, schema), schema)
    found: list[tuple[FilePlace, FileValue, Path | None]] = []
    faults: list[Fault] = []
    for place in file_places(schema, inputs):
        try:
            value = parse_file(place.value)
            found.append((place, value, _here(source, place, value, hand)))
        except BadFile as problem:
            faults.append(Fault(place.pointer, problem.what, f"Takes: {problem.allowed}."))
    if source.version is not None:
        from recast.catalogue.inputs import input_faults

        faults += input_faults(inputs, schema)
        if not faults:
            from recast.prepare.judge_inputs import rule_faults_of

            faults += rule_faults_of(source.version, inputs)
    raise_faults(sorted(_one_a_place(faults)), source.version.typed if source.version else source.title)
    if not found:
        return ResolvedFiles(inputs, inputs)
    made = _taken(inputs, found, hand)
    if source.version is not None:
        from recast.prepare.judge_inputs import judge_files

        judge_files(source.version, inputs, {place.keys: made.files[_path(place, value)] for place, value, _ in found})
    return made


def fixed_files(source: Source) -> ResolvedFiles:
    """Return the files that a version fixes: from its bundle, or remote ones with a checksum."""
    made = ResolvedFiles({}, {})
    for key, text in source.init.items():
        path, place = text, source.toplevel / text
        if is_elsewhere(text):
            value = parse_file(text)
            path = f"remote/{plain_key(key)}/{value.name}"
            place = _fetched(value, MOST_BYTES, FileGrants(), made, path, f"/{key}")
        made.values[key] = made.given[key] = f"{INIT_DIRECTORY}/{path}"
        made.files[path] = place
    return made


def _taken(
    inputs: JsonObject, found: list[tuple[FilePlace, FileValue, Path | None]], hand: FileGrants
) -> ResolvedFiles:
    made = ResolvedFiles({}, {})
    logical: dict[tuple[str | int, ...], Any] = {}
    recorded: dict[tuple[str | int, ...], Any] = {}
    for place, value, here in found:
        path = _path(place, value)
        if path in made.files:
            raise InputError(
                "Two files would get the same name", where=f"inputs {place.pointer}", next_step="give one another name"
            )
        if here is None:
            here = _fetched(value, place.most_bytes, hand, made, path, place.pointer)
        elif value.kind == "local":
            made.origins[path] = {"input": place.pointer, "from": value.name}
        made.files[path] = here
        logical[place.keys] = f"{INIT_DIRECTORY}/{path}"
        recorded[place.keys] = value.name if value.kind == "local" else _text(value)
    made.values.update(with_values(inputs, logical))
    made.given.update(with_values(inputs, recorded))
    return made


def _here(source: Source, place: FilePlace, value: FileValue, hand: FileGrants) -> Path | None:
    """Return the location of a file on this machine, None if it must be fetched; raise BadFile."""
    if value.kind == "remote":
        if not value.sha256:
            why = f"{_HOW}; curl -sL URL | sha256sum   prints it"
            raise BadFile("the remote file has no checksum, so its content is not determined", why)
        if value.size is not None and value.size > place.most_bytes:
            raise BadFile(f"the file has {value.size} bytes", f"at most {place.most_bytes} bytes")
        return None
    if value.kind == "upload":
        found = _of_upload(value, hand)
    else:
        found = _of_bundle(source, value) if value.kind == "bundle" else _of_machine(place, value, hand)
    if (size := found.stat().st_size) > place.most_bytes:
        raise BadFile(f"{value.name} has {size} bytes", f"at most {place.most_bytes} bytes")
    return found


def _of_bundle(source: Source, value: FileValue) -> Path:
    known = source.version.files if source.version else {}
    if value.location not in known:
        near = similar(value.location, known, 3, 0.3)
        raise BadFile(
            f"{source.title} contains no file {value.location!r}", f"one of its files, such as {', '.join(near)}"
        )
    return source.toplevel / value.location


def _of_upload(value: FileValue, hand: FileGrants) -> Path:
    if hand.upload is None:
        raise BadFile("uploads are files of a service, and this is a run without one", f"a path, or {_HOW}")
    try:
        return hand.upload(value.location)
    except NotFound as problem:
        raise BadFile(
            f"you have no upload {value.location}", "one that you handed in: recast request upload"
        ) from problem


def _of_machine(place: FilePlace, value: FileValue, hand: FileGrants) -> Path:
    if place.keys[0] not in hand.keys:
        what = f"{value.location!r} would be a file of this machine, which only you may name"
        raise BadFile(what, f"{_HOW}, or bundle:PATH for a file of the version")
    wanted = Path(value.location).expanduser()
    tried = [wanted] if wanted.is_absolute() else [folder / wanted for folder in hand.folders]
    found = next((path for path in tried if path.exists()), None)
    if found is None:
        near = _near(tried)
        hint = f"; did you mean {near!r}?" if near else ""
        raise BadFile(f"there is no file {value.location!r}{hint}", f"a path (searched {_at(tried)}), or {_HOW}")
    if not found.is_file():
        raise BadFile(f"{value.location!r} is {'a folder' if found.is_dir() else 'no plain file'}", "one file")
    if not os.access(found, os.R_OK):
        raise BadFile(f"{value.location!r} cannot be read", f"a file that you may read: chmod u+r {value.location}")
    return found


def _fetched(value: FileValue, most_bytes: int, hand: FileGrants, made: ResolvedFiles, path: str, pointer: str) -> Path:
    """Return a remote file's path in the store, fetched if it is not there, and record where it came from."""
    from recast.paths import places
    from recast.prepare.download import RemoteFile, fetch_file
    from recast.remote.client import Client
    from recast.remote.hosts import hosts, hosts_without_tokens, shown
    from recast.remote.origin import utc_now
    from recast.store import ArtifactStore

    store, wanted = ArtifactStore(places().artifact_store), RemoteFile(value.location, value.sha256, value.size)
    named = [value.location] if any(value.location in text for text in hand.said) else []
    servers = hosts_without_tokens if hand.for_others else hosts
    try:
        otherwise = "hand in a file of this machine: -p KEY=@FILE"
        client = lambda: Client(servers(), named, otherwise)  # noqa: E731
        asked = fetch_file(wanted, store, client, most_bytes, for_others=hand.for_others)
    except PermissionDenied as problem:
        if problem.code == "permission.private-address":
            problem.what = "An input points into the local network"
            problem.next_step = f"If you trust it, give it yourself: -p {pointer[1:]}=URL#sha256=..."
        raise
    made.origins[path] = {"input": pointer, "from": shown(value.location), "sha256": value.sha256}
    if asked:
        made.origins[path]["fetched"] = utc_now()
    return store.path(wanted.digest)


def _path(place: FilePlace, value: FileValue) -> str:
    return "/".join((_FOLDER, *(plain_key(str(key)) for key in place.keys), value.name))


def _text(value: FileValue) -> str:
    from recast.remote.hosts import shown

    if value.kind in ("bundle", "upload"):
        return f"{value.kind}:{value.location}"
    return f"{shown(value.location)}#sha256={value.sha256}"


def _near(tried: list[Path]) -> str:
    """Return the file with the most similar name in the folders that were searched."""
    names: dict[str, str] = {}
    for path in tried:
        if path.parent.is_dir():
            names.update({entry.name: entry.name for entry in path.parent.iterdir() if entry.is_file()})
    return nearest(tried[0].name, names) if tried else ""


def _at(tried: list[Path]) -> str:
    return " and ".join(f"in {path.parent}" for path in tried)


def _one_a_place(faults: list[Fault]) -> Iterator[Fault]:
    seen: set[str] = set()
    for fault in faults:
        if fault.pointer not in seen or not fault.pointer:
            seen.add(fault.pointer)
            yield fault
