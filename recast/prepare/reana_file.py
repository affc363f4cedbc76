"""`recast run reana.yaml`: the yadage workflow that it names, with its parameters and the files next to it."""

from __future__ import annotations

from pathlib import Path

from recast.catalogue.entries.example import ExampleInputs
from recast.catalogue.entries.local_workflow import Source, load_file
from recast.errors import SpecError
from recast.spec.reana import reana_of
from recast.spec.source import MAX_FILE_BYTES, parse

__all__ = ["load_reana"]


def load_reana(path: Path) -> tuple[Source, ExampleInputs]:
    """Return the workflow and the inputs of a `reana.yaml`; raise SpecError.

    References in the workflow are relative to the toplevel that the file names, else to its folder, else to the
    workflow's folder.
    """
    with path.open("rb") as file:
        said = reana_of(parse(file.read(MAX_FILE_BYTES + 1), path.name).value, path.name)
    folder = path.resolve().parent
    offer = ExampleInputs(name=path.name, values=said.parameters, initdir=str(folder / said.initdir))
    if said.toplevel is not None:
        return load_file(_below(folder, said.file, said.toplevel), folder / said.toplevel), offer
    try:
        return load_file(said.file, folder), offer
    except SpecError as problem:
        if problem.code != "spec.ref-missing":
            raise
    place = folder / said.file
    return load_file(place.name, place.parent), offer


def _below(folder: Path, file: str, toplevel: str) -> str:
    """Return the path of the workflow's file relative to its toplevel: `reana.yaml` may name it with or without the
    toplevel.
    """
    return file if (folder / toplevel / file).is_file() else str(folder / file)
