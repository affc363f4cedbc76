"""Which searches apply to a model: the model asked about, the searches, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recast.applies.model import MASS_PREFIX, Model
from recast.applies.which import Answer, Search, answer
from recast.catalogue import Catalogue
from recast.catalogue.entries.declaring import applies_of, grids_of, points_in, rules_of, tables_of
from recast.catalogue.version import PublishedVersion
from recast.errors import InputError, RecastError, UsageError
from recast.inputs.filevalue import FileName
from recast.inputs.numbers import as_numbers, number_in
from recast.inputs.rules import rule_faults
from recast.json_types import JsonObject
from recast.prepare.inputs import user_inputs
from recast.prepare.what_file import model_of_file
from recast.strictjson import parse_json

__all__ = ["ask", "model_asked", "searches_asked", "searches_here", "searches_of_entries"]

_UNITS = ("_gev", "_tev")
_MOST_GEV = 1e6


def model_asked(file: str | None, assignments: Sequence[str]) -> tuple[Model, str]:
    """Return the model that a file and assignments describe, and what the user calls the file.

    `m_<particle>=GeV` are masses, all other assignments are inputs of the searches. Raises UsageError, InputError or
    NotFound.
    """
    values = user_inputs((), assignments, {})
    named = {key: value for key, value in values.items() if isinstance(value, FileName)}
    if len(named) + (file is not None) > 1:
        raise UsageError(
            "Two files are given; a model is one of them", next_step="recast which FILE   (or -p key=@FILE)"
        )
    name = file if file is not None else next(iter(named.values()), None)
    rest = {key: value for key, value in values.items() if key not in named}
    masses = {_particle(key): _mass(key, value) for key, value in rest.items() if key.startswith(MASS_PREFIX)}
    inputs = {key: value for key, value in rest.items() if not key.startswith(MASS_PREFIX)}
    if name is None:
        if not rest:
            raise UsageError(
                "No model is given",
                next_step="recast which my.slha   (or -p m_squark=1200 -p m_neutralino=300)",
            )
        return Model(masses=masses, inputs=inputs), ""
    if masses:
        raise UsageError(
            f"A file and {MASS_PREFIX}{next(iter(masses))} are given; the file has masses of its own",
            next_step="leave one of them out",
        )
    return model_of_file(Path(name).expanduser(), {}, inputs), str(name)


def searches_here(catalogue: Catalogue) -> Iterator[Search | RecastError]:
    """Yield the newest version of each analysis that is published here; for a damaged one, the error."""
    for analysis in catalogue.analyses():
        try:
            yield _search(catalogue.get(analysis))
        except RecastError as problem:
            yield problem


def searches_of_entries(paths: Sequence[Path]) -> Iterator[Search]:
    """Yield the newest version in each entry's file; a folder means all entries in it. Raises EntryError."""
    from recast.catalogue.entries.declaring import check_declarations
    from recast.catalogue.entries.entry import load_entry
    from recast.catalogue.publishing.bundle import source_folder

    for path in _entry_files(paths):
        source = load_entry(path)
        item = source.entry.version()
        folder = source_folder(source, item)
        files = _Folder(folder)
        schema = parse_json(files[item.inputs])
        check_declarations(source, item, files, schema)
        config = {"applies": item.applies, "checks": item.checks}
        entry = source.entry
        yield _made(
            entry.analysis, item.version, entry.title, float(entry.sqrts_tev), config, schema, files.__getitem__
        )


def ask(searches: Sequence[Search], model: Model, file: str) -> list[Answer]:
    """Return the answers, those that take the model first, and otherwise sorted by name."""
    order = {"yes": 0, "outside": 1, "unknown": 2, "no": 3}
    found = [answer(search, model, file) for search in searches]
    return sorted(found, key=lambda one: (order[one.takes], one.search.analysis))


class _Folder(Mapping[str, bytes]):
    """The files of a bundle that is not published yet, read on demand."""

    def __init__(self, folder: Path) -> None:
        from recast.spec import bundle_files

        self._folder, self._names = folder, bundle_files(folder)

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names:
            raise KeyError(name)
        return (self._folder / name).read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _entry_files(paths: Sequence[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.yml")) if path.is_dir() else [path])]


def _search(version: PublishedVersion) -> Search:
    return _made(
        version.analysis,
        version.version,
        version.metadata["title"],
        float(version.metadata["sqrts_tev"]),
        version.config,
        version.input_schema,
        version.read,
    )


def _made(
    analysis: str,
    number: str,
    title: str,
    sqrts_tev: float,
    config: JsonObject,
    schema: JsonObject,
    read: Callable[[str], bytes],
) -> Search:
    """Return a Search from a version's declarations, with the tables and points that they name."""
    applies, rules = applies_of(config), rules_of(config)
    try:
        points = {rule.file: points_in(read(rule.file)) for rule in rules if rule.file}
        tables = tables_of(applies, read) if applies else {}
        grids = grids_of(applies, read) if applies else {}
    except ValueError as problem:
        raise InputError(f"What {analysis}@{number} declares cannot be used", why=str(problem)) from problem

    def faults_of(inputs: JsonObject) -> list[str]:
        from recast.catalogue.inputs import input_faults

        inputs = as_numbers(inputs, schema)
        found = input_faults(inputs, schema) or rule_faults(rules, inputs, schema, points)
        return [f"{fault.pointer or '/'}: {fault.what}" for fault in found]

    keys = tuple(schema.get("properties", {}))
    return Search(analysis, number, title, sqrts_tev, applies, keys, faults_of, tables, grids)


def _particle(key: str) -> str:
    name = key.removeprefix(MASS_PREFIX)
    return name.removesuffix("_gev") if name.endswith(_UNITS) else name


def _mass(key: str, value: Any) -> float:
    """Return a mass in GeV; raise InputError if the value is not one."""
    if key.endswith("_tev"):
        raise InputError(f"{key}: masses are given in GeV", where=f"-p {key}", next_step=f"-p {key[:-4]}_gev=...")
    if isinstance(value, str) and (number := number_in(value)) is not None:
        value = number
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MOST_GEV:
        raise InputError(f"{value!r:.60} is not a mass in GeV", where=f"-p {key}", next_step=f"-p {key}=1200")
    return float(value)


def searches_asked(entries: Sequence[Path], say: Callable[[str], None]) -> list[Search]:
    """Return the searches of entries' files, else of the catalogue; damaged ones are reported and skipped."""
    if entries:
        return list(searches_of_entries(entries))
    found = []
    for search in searches_here(Catalogue()):
        if isinstance(search, RecastError):
            say(f"warning    {search}")
        else:
            found.append(search)
    return found
