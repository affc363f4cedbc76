"""Check the inputs of many points against one version: all faults of all of them, and nothing is read twice.

No container, no network, no file of this machine: uploads are judged by their content, files elsewhere by their form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from recast.catalogue.judge_apart import judge_many
from recast.catalogue.version import PublishedVersion
from recast.errors import InputError, NotFound, StoreError
from recast.inputs.faults import Fault, faults_of_places, with_stand_ins
from recast.inputs.filevalue import BadFile, FilePlace, FileValue, file_places, parse_file
from recast.inputs.numbers import as_numbers
from recast.inputs.schema import with_defaults
from recast.json_types import JsonDict, JsonObject
from recast.prepare.judge_inputs import declarations_of, judge_files
from recast.worker.remote.guard import is_public, literal_address

__all__ = ["ManyInputs", "Upload"]

_HOW = "upload:sha256:... (upload it first), bundle:PATH for a file of the version, or a URL followed by #sha256=..."

Upload = Callable[[str], Path]


class ManyInputs:
    """A version, prepared to check many inputs."""

    def __init__(self, version: PublishedVersion) -> None:
        self.version = version
        self._schema = version.input_schema
        self._declared = declarations_of(version)

    def faults(self, many: Sequence[JsonObject], upload: Upload | None = None) -> list[list[Fault]]:
        """Return the faults of each of these inputs; an empty list for inputs that can be run.

        `upload` returns the path of an upload by its digest, and raises NotFound unless it is the requester's.
        """
        full = [as_numbers(with_defaults(inputs, self._schema), self._schema) for inputs in many]
        places = [file_places(self._schema, inputs) for inputs in full]
        plain = [with_stand_ins(inputs, self._schema, at) for inputs, at in zip(full, places, strict=True)]
        judged = judge_many(plain, self._schema)
        return [self._of_one(inputs, at, found, upload) for inputs, at, found in zip(full, places, judged, strict=True)]

    def _of_one(
        self, inputs: JsonDict, places: Sequence[FilePlace], of_schema: Sequence[Fault], upload: Upload | None
    ) -> list[Fault]:
        found = faults_of_places(places)
        files = dict[tuple[str | int, ...], Path]()
        for place in () if found else places:
            try:
                if (path := self._file(place, upload)) is not None:
                    files[place.keys] = path
            except BadFile as problem:
                found.append(Fault(place.pointer, problem.what, f"Takes: {problem.allowed}."))
        found += [fault for fault in of_schema if fault.pointer not in {it.pointer for it in found}]
        found += [
            Fault(f"/{name}", f"{name!r} is fixed by the version and cannot be given", "")
            for name in self.version.init
            if name in inputs
        ]
        return sorted(found) or self._declared.faults(inputs) or self._of_files(inputs, files)

    def _file(self, place: FilePlace, upload: Upload | None) -> Path | None:
        """Return an upload's path, None for another file; raise BadFile for one that nobody could hand in."""
        value = parse_file(place.value)
        path = _uploaded(value, upload) if value.kind == "upload" else None
        if value.kind == "local":
            raise BadFile(f"{value.location!r:.100} would be a file of the service's machine", _HOW)
        if value.kind == "remote" and not value.sha256:
            raise BadFile("the remote file has no checksum, so its content is not determined", _HOW)
        if value.kind == "remote" and _is_private(value.location):
            raise BadFile("the URL points into the local network of the service", _HOW)
        if value.kind == "bundle" and value.location not in self.version.files:
            raise BadFile(f"the version contains no file {value.location!r:.100}", _HOW)
        if path is not None and path.stat().st_size > place.most_bytes:
            raise BadFile(f"the upload has {path.stat().st_size} bytes", f"at most {place.most_bytes} bytes")
        return path

    def _of_files(self, inputs: JsonObject, files: dict[tuple[str | int, ...], Path]) -> list[Fault]:
        if not files:
            return []
        try:
            judge_files(self.version, inputs, files, self._declared)
        except InputError as problem:
            return [Fault(problem.where.removeprefix("inputs "), problem.what, problem.why)]
        return []


def _is_private(url: str) -> bool:
    """Return whether a URL names a private address; one that a name stands for is found out when it is fetched."""
    address = literal_address(urlsplit(url).hostname or "")
    return bool(address) and not is_public(address)


def _uploaded(value: FileValue, upload: Upload | None) -> Path:
    if upload is None:
        raise BadFile("uploads are those of somebody who has logged in", _HOW)
    try:
        return upload(value.location)
    except NotFound as problem:
        raise BadFile("you have no such upload", _HOW) from problem
    except StoreError as problem:
        raise BadFile("the upload cannot be read back", "the file once more") from problem
