"""`recast catalogue check` of an imported entry: every reason why it would not run, and what is dubious."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recast.catalogue.atlas import AtlasExample, AtlasTest
from recast.catalogue.imported import ImportedEntry
from recast.errors import InputError, NotFound, RecastError, SpecError
from recast.remote import local_toplevel, workflow_file
from recast.runs.inputs import init_data, user_inputs
from recast.runs.source import Source
from recast.runs.steptest import prepare_test
from recast.spec import Finding, LoadedSpec, load_workflow
from recast.spec.findings import findings_of
from recast.spec.model import Position

__all__ = ["check_entry"]

_WITHOUT_MEANING = ("read", "nest", "ensure", "overwrite")


def check_entry(imported: ImportedEntry) -> list[Finding]:
    """Return all findings on an entry, its workflow, examples and tests; errors first.

    Raises the error of a network or of missing permissions: it says nothing about the entry.
    """
    findings = list(_metadata(imported))
    spec = imported.entry.spec
    if spec.workflow_type != "yadage":
        where = imported.document.position("/spec/workflow_type")
        return [Finding("spec.language", f"A {spec.workflow_type} workflow cannot run here", where), *findings]
    path = workflow_file(spec.workflow)
    fetched = local_toplevel(imported.toplevel, path, imported.named)
    if fetched.origin is not None and fetched.origin.note:
        findings.append(_warning("entry.offline", fetched.origin.note, imported.document.position("/spec/toplevel")))
    try:
        loaded = load_workflow(path, fetched.path)
    except (SpecError, NotFound) as problem:
        findings += _found(problem, imported.document.position("/spec/workflow"))
    else:
        findings += [*loaded.warnings, *_offers(imported, path, loaded)]
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.severity)


def _metadata(imported: ImportedEntry) -> Iterator[Finding]:
    entry, place = imported.entry, imported.document.position
    if not entry.metadata.short_description:
        yield _warning("entry.no-description", "The entry has no short_description", place("/metadata"))
    if not entry.example_inputs:
        yield _warning("entry.no-example", "The entry has no example_inputs: nobody can try it", place("/name"))
    for name, example in entry.example_inputs.items():
        for key in _WITHOUT_MEANING:
            if getattr(example.dataopts, key) is not None:
                what = f"{key!r} means nothing here: every run has a folder of its own"
                yield _warning("entry.no-meaning", what, place(f"/example_inputs/{name}/dataopts/{key}"))


def _offers(imported: ImportedEntry, path: str, loaded: LoadedSpec) -> Iterator[Finding]:
    source = Source(loaded.toplevel, path, loaded.workflow, loaded.files, {})
    for name, offered in imported.entry.offers().items():
        if isinstance(offered, AtlasTest):
            yield from _test(imported, name, offered, loaded.toplevel)
        else:
            yield from _example(imported, name, offered, source)


def _example(imported: ImportedEntry, name: str, example: AtlasExample, source: Source) -> Iterator[Finding]:
    """Yield what the workflow takes and an example does not give."""
    where = imported.document.position(f"/example_inputs/{name}")
    try:
        init_data(source, user_inputs((), (), example.initdata), None)
    except InputError as problem:
        what = f"Example {name!r}: {problem.what[:1].lower()}{problem.what[1:]}"
        yield Finding("entry.example", what, where, f"{problem.why} ({problem.where})", "Mend initdata.")


def _test(imported: ImportedEntry, name: str, test: AtlasTest, toplevel: Path) -> Iterator[Finding]:
    where = imported.document.position(f"/tests/{imported.entry.tests.index(test)}")
    try:
        if test.toplevel is not None:
            toplevel = local_toplevel(imported.resolve(test.toplevel), test.spec.partition("#")[0], imported.named).path
        folder, path, _ = prepare_test(imported, name, test, toplevel)
        load_workflow(path, folder)
    except RecastError as problem:
        if problem.exit_code in (4, 5):
            raise
        yield Finding("entry.test", f"Test {name!r}: {problem}", where, problem.why, problem.next_step)


def _found(problem: RecastError, where: Position) -> Iterator[Finding]:
    """Yield an error's findings, or the error itself as one."""
    found = findings_of(problem) if isinstance(problem, SpecError) else ()
    yield from found or (Finding(problem.code, str(problem), where, problem.why, problem.next_step),)


def _warning(code: str, what: str, position: Position) -> Finding:
    return Finding(code, what, position, severity="warning")
