"""A crate, or its inputs, as something to run: repeat a colleague's run here.

The files in a crate of a published version must reproduce the digest of that version; then it *is* that version,
whoever passed it on. A crate of any other workflow is run as it is in the crate, with its pins.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recast.catalogue.entries.example import ExampleInputs
from recast.catalogue.form import check_files, check_form
from recast.catalogue.inputs import check_schema
from recast.catalogue.local import Catalogue
from recast.catalogue.publishing.bundle import MOST_BYTES, MOST_FILES, Bundle
from recast.catalogue.publishing.publish import stage
from recast.catalogue.ready import may_build
from recast.catalogue.transfer.find import Found
from recast.catalogue.version import PublishedVersion
from recast.errors import RecastError, StoreError
from recast.images.reference import check_digest, parse_reference
from recast.inputs.filevalue import FileName, file_places, parse_file, with_values
from recast.json_types import JsonDict, JsonObject
from recast.masked import MASK
from recast.prepare.crate_files import CrateFiles, crate_at, open_crate, refuse
from recast.prepare.origin import override_lines
from recast.remote.cache import Cache
from recast.remote.toplevel import remote_cache_folder
from recast.strictjson import parse_json
from recast.workflow import INIT_DIRECTORY

__all__ = ["RERUN", "RERUN_SCHEMA", "RerunCrate", "crate_inputs", "read_crate"]

RERUN, RERUN_SCHEMA = "recast-run.json", 1
_SPEC, _INIT = "spec", "init"


@dataclass(frozen=True, slots=True)
class RerunCrate:
    """A checked crate: its files in a folder of ours (`spec/`, `init/`, `sub/<number>/`), and what its run was asked to
    do.

    `version` is the version that it contains, None for another workflow. `hidden` are inputs that it does not disclose.
    """

    name: str
    run: str
    digest: str
    folder: Path
    workflow: str
    pins: Mapping[str, str]
    given: JsonObject
    resolved: JsonObject
    init: Mapping[str, str]
    stages: tuple[str, ...]
    overrides: tuple[str, ...]
    version: PublishedVersion | None = None
    hidden: tuple[str, ...] = field(default=())

    @property
    def spec(self) -> Path:
        """The folder of the spec."""
        return self.folder / _SPEC

    def offer(self) -> ExampleInputs:
        """Return the inputs of the run, with the files of the crate in place of those of the original machine."""
        values = self._of_version(self.version) if self.version is not None else self._of_workflow()
        values = {key: value for key, value in values.items() if key not in self.hidden}
        subs = {stage: str(self.folder / "sub" / str(number)) for number, stage in enumerate(self.stages)}
        initdir = str(self.folder / _INIT) if self.version is None and (self.folder / _INIT).is_dir() else None
        keys = frozenset(values)
        return ExampleInputs(values=values, initdir=initdir, subinits=subs, files=keys)

    def warnings(self) -> list[str]:
        """Return the warnings to show before it is run again."""
        told = [f"this repeats run {self.run} of the crate {self.name}"]
        told += [f"the crate does not disclose the input {name!r}: give it with -p {name}=..." for name in self.hidden]
        return [*told, *(f"not repeated: {line}" for line in self.overrides)]

    def found(self, catalogue: Catalogue) -> Found:
        """Return the version with its status in the catalogue: withdrawn or signed, if there are statements on it here.

        For a version that nobody vouches for, the crate says which images were built from its recipes. For any other
        version it must not: it could substitute an image under trusted bytes.
        """
        version = self.version
        assert version is not None
        key = (version.analysis, version.version)
        if not may_build(version, catalogue):
            made = {name: digest for name, digest in self.pins.items() if name in version.recipes}
            version = replace(version, pins={**made, **version.pins})
        if version.digest not in {catalogue.store.index().get(key), catalogue.comes_along(*key)}:
            version = replace(version, named=shlex.quote(self.name))
        return Found(version, catalogue.standing(version), tuple(self.warnings()))

    def _of_version(self, version: PublishedVersion) -> JsonDict:
        """Return inputs with the crate's file wherever the schema takes a file; no file of this machine may be named
        there.
        """
        given = {key: value for key, value in self.given.items() if key not in version.init}
        named: dict[tuple[str | int, ...], Any] = {}
        for place in file_places(version.input_schema, given):
            value = parse_file(place.value)
            if value.kind != "bundle":
                named[place.keys] = self._file("/".join(("inputs", *map(_plain, place.keys), value.name)))
        return with_values(given, named)

    def _of_workflow(self) -> JsonDict:
        """Return the inputs as they were typed, with the crate's files for those that were handed in as files."""
        start = f"{INIT_DIRECTORY}/inputs/"
        handed = {key: value for key, value in self.resolved.items() if str(value).startswith(start)}
        by_name = {key: self._file(value.removeprefix(f"{INIT_DIRECTORY}/")) for key, value in handed.items()}
        return {**self.given, **{key: by_name[key] for key in self.given if key in by_name}}

    def _file(self, path: str) -> FileName:
        if path not in self.init:
            refuse(self.name, f"its inputs name a file {path[:100]!r}, which it does not contain")
        return FileName(str(self.folder / _INIT / path))


def read_crate(path: Path) -> RerunCrate:
    """Check a crate and extract what a run needs; raise InputError (`crate.unsound`) for a hostile or damaged one."""
    with open_crate(path) as files:
        files.check()
        try:
            return _read(files, parse_json(files.read(RERUN)))
        except RecastError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            refuse(files.name, f"its {RERUN} cannot be read: {problem!r:.200}")


def crate_inputs(path: Path) -> JsonDict | None:
    """Return the inputs in a crate, if a file or folder of `--inputs` is a crate or its `inputs.json`; else None."""
    place = path.parent if path.name == "inputs.json" else path
    found = crate_at(str(place))
    return dict(read_crate(found).offer().values) if found is not None else None


def _read(files: CrateFiles, said: JsonObject) -> RerunCrate:
    if said["schema"] != RERUN_SCHEMA:
        refuse(files.name, f"its {RERUN} is of schema {said['schema']!r:.20}; update recast")
    pins = {str(parse_reference(name)): check_digest(digest) for name, digest in said["pins"].items()}
    init = {str(item["path"]): str(item["digest"]) for item in said["init_files"] if item["path"][-1:] != "/"}
    subs = {str(stage): {it["path"]: it["digest"] for it in items} for stage, items in said["sub_files"].items()}
    version = _version(files, said) if said["version"] is not None else None
    given, resolved, until = dict(said["given"]), dict(said["resolved"]), said.get("until")
    return RerunCrate(
        name=files.name,
        run=str(said["run"])[:100],
        digest=files.digest,
        folder=_kept(files, init, subs),
        workflow=str(said["workflow"]),
        pins=pins,
        given=given,
        resolved=resolved,
        init=init,
        stages=tuple(subs),
        overrides=(*override_lines(said["overrides"]), *([f"only until stage {until!r:.100}"] if until else [])),
        version=version,
        hidden=tuple(key for key, value in given.items() if _hides(value)),
    )


def _version(files: CrateFiles, said: JsonObject) -> PublishedVersion:
    """Rebuild the version and compare its digest; its blobs get no name in the catalogue."""
    config, wanted = said["version"], said["digest"]
    paths = [path.removeprefix("spec/") for path in files.listed if path.startswith("spec/")]
    size = sum(files.listed[f"spec/{path}"][1] for path in paths)
    if len(paths) > MOST_FILES or size > MOST_BYTES:
        refuse(files.name, f"its version has {len(paths)} files and {size} bytes")
    check_form(config)
    check_files(paths)
    if fault := check_schema(config["input_schema"]):
        refuse(files.name, f"the schema of its inputs is invalid: {fault}")
    try:
        version = stage(Bundle({path: files.read(f"spec/{path}") for path in paths}, config), Catalogue().store)
    except StoreError as problem:
        if problem.code != "catalogue.corrupt":
            raise
        refuse(files.name, f"its version is not valid: {problem.why}")
    if version.digest != wanted:
        refuse(files.name, f"it claims to be {wanted!r:.90}, but its files are {version.digest}")
    return version


def _kept(files: CrateFiles, init: Mapping[str, str], subs: Mapping[str, Mapping[str, str]]) -> Path:
    """Copy what a run needs into a folder of ours; each file is checked again while it is copied."""
    places = files.by_digest()
    wanted = {path: path for path in files.listed if path.startswith("spec/")}
    listings = {_INIT: init} | {f"sub/{number}": subs[stage] for number, stage in enumerate(subs)}
    for top, items in listings.items():
        check_files(items)
        for path, digest in items.items():
            if digest not in places:
                refuse(files.name, f"it does not contain the input {path[:100]!r} ({digest:.80})")
            if ".." in Path(path).parts or path.startswith("/") or "\0" in path:
                refuse(files.name, f"its input {path[:100]!r} is outside of it")
            wanted[f"{top}/{path}"] = places[digest]

    def make(folder: Path) -> dict[str, str]:
        for target, path in wanted.items():
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            with (folder / target).open("xb") as stream:
                stream.writelines(files.pieces(path))
        return {target: files.listed[path][0] for target, path in wanted.items()}

    return Cache(remote_cache_folder()).keep(make)[2]


def _hides(value: Any) -> bool:
    return MASK in json.dumps(value)


def _plain(key: str | int) -> str:
    from recast.inputs.filevalue import plain_key

    return plain_key(str(key))
