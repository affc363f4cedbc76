"""`recast catalogue check` of an imported entry: every reason why it would not run, and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from recast.catalogue.entries.local_workflow import Source
from recast.errors import InputError, NotFound, RecastError, SpecError
from recast.paths import places
from recast.prepare.inputs import init_data, user_inputs
from recast.prepare.prepare import Options, prepare
from recast.recast_atlas.entry import AtlasTest
from recast.recast_atlas.imported import ImportedEntry
from recast.recast_atlas.run_source import entry_run
from recast.remote import local_toplevel, workflow_file
from recast.reports.plan import plan_json
from recast.spec import Finding, load_workflow
from recast.spec.findings import findings_of
from recast.spec.model import ContainerEnvironment, Position, Workflow
from recast.spec.traverse import bodies_of, is_instance, packtivities_of

__all__ = ["check_entry"]

_ANY_DIGEST = "sha256:" + "0" * 64
_WITHOUT_MEANING = ("read", "nest", "ensure", "overwrite")


def check_entry(imported: ImportedEntry) -> list[Finding]:
    """Return all findings on an entry, its workflow, examples and tests; errors first.

    Raises errors of exit code 4 or 5 (network, permissions), which say nothing about the entry.
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
        findings += [*loaded.warnings, *_offers(imported), *_results(imported, loaded.workflow)]
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.severity)


def _metadata(imported: ImportedEntry) -> Iterator[Finding]:
    entry, place = imported.entry, imported.document.position
    if not entry.metadata.short_description:
        yield _warning("entry.no-description", "The entry has no short_description", place("/metadata"))
    if not entry.example_inputs:
        yield _warning("entry.no-example", "The entry has no example_inputs, so it cannot be tried", place("/name"))
    for name, example in entry.example_inputs.items():
        for key in _WITHOUT_MEANING:
            if getattr(example.dataopts, key) is not None:
                what = f"{key!r} means nothing here: every run has a folder of its own"
                yield _warning("entry.no-meaning", what, place(f"/example_inputs/{name}/dataopts/{key}"))


def _offers(imported: ImportedEntry) -> Iterator[Finding]:
    """Yield why a run with an example or a test would be refused; each is prepared and planned as by `recast run`."""
    for name, offered in imported.entry.offers().items():
        where, is_test = f"/example_inputs/{name}", isinstance(offered, AtlasTest)
        if isinstance(offered, AtlasTest):
            where = f"/tests/{imported.entry.tests.index(offered)}"
        problem = _refusal(imported, name)
        if problem is not None:
            what = f"{'Test' if is_test else 'Example'} {name!r}: {problem.what[:1].lower()}{problem.what[1:]}"
            why = f"{problem.why} ({problem.where})" if problem.where else problem.why
            step = (
                "Fix `initdata` or `dataopts` of the entry."
                if isinstance(problem, InputError) and not is_test
                else problem.next_step
            )
            code = "entry.test" if is_test else "entry.example"
            yield Finding(code, what, imported.document.position(where), why.strip(), step)


def _refusal(imported: ImportedEntry, name: str) -> RecastError | None:
    """Return the error that a run would be refused with; raise those that say nothing about the entry."""
    try:
        source = _pinned(entry_run(imported, name))
        initdir, below, _ = source.offer.folders()
        data = init_data(source, user_inputs((), (), source.offer.values), initdir, below)
        plan_json(prepare(source, data, Options(use_cache=False, allow_host_process=True)), places())
    except RecastError as problem:
        if problem.exit_code in (4, 5):
            raise
        return None if problem.code == "site.lacks" else problem  # a problem of this machine, not of the entry
    return None


def _pinned(source: Source) -> Source:
    """Return a source as if all its images were pinned: floating images are a separate finding."""
    environments = (body.environment for body in packtivities_of(source.workflow))
    images = [it.reference for it in environments if isinstance(it, ContainerEnvironment)]
    return replace(source, pins={**dict.fromkeys(images, _ANY_DIGEST), **source.pins})


def _results(imported: ImportedEntry, workflow: Workflow) -> Iterator[Finding]:
    for index, result in enumerate(imported.entry.results):
        if not _below_a_step(result.relpath, workflow):
            names = ", ".join(stage.name for stage in workflow.stages)
            where = imported.document.position(f"/results/{index}/relpath")
            what = f"The result {result.name!r} is at {result.relpath!r}, which no stage can make"
            yield Finding("entry.result", what, where, f"It begins with a stage. There are: {names}", "Fix relpath.")


def _below_a_step(path: str, workflow: Workflow) -> bool:
    """Return whether a path in a run may be inside a step's folder, judging by the names of the stages."""
    here = [workflow]
    for part in path.split("/")[:-1]:
        found = [stage for scope in here for stage in scope.stages if is_instance(part, stage.name)]
        bodies = [body for stage in found for body in bodies_of(stage)]
        if any(not isinstance(body, Workflow) for body in bodies):
            return True
        here = [body for body in bodies if isinstance(body, Workflow)]
    return False


def _found(problem: RecastError, where: Position) -> Iterator[Finding]:
    """Yield an error's findings, or the error itself as one."""
    found = findings_of(problem) if isinstance(problem, SpecError) else ()
    yield from found or (Finding(problem.code, str(problem), where, problem.why, problem.next_step),)


def _warning(code: str, what: str, position: Position) -> Finding:
    return Finding(code, what, position, severity="warning")
