"""What a file of tests is about: a workflow, and what the catalogue entry of it adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recast.errors import NotFound, SpecError
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.plainfile import read_plain
from recast.spec import load_workflow
from recast.spec.findings import raise_for
from recast.spec.model import Stage, Workflow
from recast.spec.references import Bundle
from recast.spec.schema import check_packtivity
from recast.strictjson import parse_json
from recast.suggest import did_you_mean

__all__ = ["Subject", "of_entry", "of_workflow"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A workflow below its toplevel `folder`, read and checked.

    `init` maps keys of init to files of the bundle, `defaults` are the inputs that the schema fills in, `examples` the
    inputs of the entry's examples; all are empty for a workflow without an entry. `quotes` says that texts of init are
    quoted for the shell, as those of every published version are.
    """

    folder: Path
    workflow: Workflow
    document: JsonObject = field(repr=False)
    init: Mapping[str, str] = field(default_factory=dict)
    defaults: JsonObject = field(default_factory=dict)
    examples: Mapping[str, JsonObject] = field(default_factory=dict)
    quotes: bool = False

    def stage(self, name: str) -> tuple[Stage, JsonDict]:
        """Return a stage of the workflow, and its packtivity with references followed; raise SpecError."""
        for stage, written in zip(self.workflow.stages, self.document["stages"], strict=True):
            if stage.name == name:
                return stage, _packtivity(stage, written["scheduler"].get("step"))
        names = [stage.name for stage in self.workflow.stages]
        raise SpecError(f"There is no stage {name!r}", code="steptest.invalid", next_step=did_you_mean(name, names))

    def packtivity(self, reference: str) -> JsonDict:
        """Return the packtivity at `FILE#/POINTER` below the toplevel, references followed; raise SpecError."""
        file, _, pointer = reference.partition("#")
        node = Bundle(self.folder).root(file)
        for part in (part.replace("~1", "/").replace("~0", "~") for part in pointer.strip("/").split("/") if part):
            if not isinstance(node.value, dict) or part not in node.value:
                known = [str(key) for key in node.value] if isinstance(node.value, dict) else []
                raise SpecError(
                    f"There is no packtivity {reference!r}",
                    code="steptest.invalid",
                    next_step=did_you_mean(part, known, what="keys"),
                )
            node = node.child(part)
        raise_for(check_packtivity(node))
        made: JsonDict = node.plain()
        return made


def of_workflow(path: Path) -> Subject:
    """Return the workflow in a file, whose folder is its toplevel; raise SpecError or NotFound."""
    return _loaded(path.name, path.parent.resolve())


def of_entry(path: Path) -> Subject:
    """Return the newest version of a catalogue entry, as it is now; raise EntryError, SpecError or NotFound."""
    from recast.catalogue.entries.entry import load_entry
    from recast.catalogue.publishing.bundle import source_folder

    entry = load_entry(path)
    version = entry.entry.version()
    folder = source_folder(entry, version)
    return _loaded(
        version.workflow,
        folder,
        init=version.init,
        defaults=_defaults(folder / version.inputs),
        examples={name: example.inputs for name, example in version.examples.items()},
    )


def _loaded(
    workflow: str,
    folder: Path,
    init: Mapping[str, str] | None = None,
    defaults: JsonObject | None = None,
    examples: Mapping[str, JsonObject] | None = None,
) -> Subject:
    loaded = load_workflow(workflow, folder)
    document: JsonValue = Bundle(loaded.toplevel).root(loaded.path).plain()
    return Subject(
        loaded.toplevel,
        loaded.workflow,
        document,
        init or {},
        defaults or {},
        examples or {},
        quotes=init is not None,
    )


def _defaults(path: Path) -> JsonDict:
    from recast.inputs.schema import with_defaults

    try:
        schema = parse_json(read_plain(path))
    except OSError as problem:
        raise NotFound("The schema of the inputs cannot be read", where=str(path), why=str(problem)) from problem
    except ValueError as problem:
        raise SpecError("The schema of the inputs is not JSON", where=str(path), why=str(problem)) from problem
    return with_defaults({}, schema if isinstance(schema, dict) else {})


def _packtivity(stage: Stage, written: JsonValue) -> JsonDict:
    if stage.jq is not None or not isinstance(written, dict):
        what = "is a jq-stage" if stage.jq is not None else "runs no single packtivity"
        raise SpecError(
            f"The stage {stage.name!r} {what}, so it cannot be tested by its name",
            code="steptest.invalid",
            next_step="Name a packtivity: `step: steps.yml#/NAME`, and give all of its parameters.",
        )
    return written
