"""The language as tables: which keys stand where, with which types.

The verdict is that of yadage-schemas 0.11.1, laxness included (a multistep stage without a body passes here; it is the
business of `check`), plus our extension `recast:` in a container environment. The tables are in the order of the
language: workflow, stage, dependencies, scheduler, packtivity, process, environment, publisher.
"""

from __future__ import annotations

from collections.abc import Iterator

from recast.spec.findings import Finding
from recast.spec.references import Node
from recast.spec.shapes import (
    Check,
    ListOf,
    Record,
    Tagged,
    either,
    fault,
    flag,
    kind_of,
    mapping,
    number,
    sequence,
    text,
)

__all__ = ["OPTIONS", "SELECTOR_KEYS", "check_cases", "check_packtivity", "check_workflow"]

SELECTOR_KEYS = frozenset({"step", "steps", "stages"})
"""A parameter that is a map with one of these is a reference to outputs of other stages."""


def check_workflow(node: Node) -> list[Finding]:
    """Return what the schema says against a workflow and all that lies below it; a shared part is judged once."""
    return list(_workflow(node))


def check_packtivity(node: Node) -> list[Finding]:
    """Return what the schema says against a single packtivity."""
    return list(_packtivity(node))


def check_cases(node: Node) -> list[Finding]:
    """Return what the schema says against a list of cases; in a jq-stage yadage's schema lets anything pass."""
    return list(ListOf(_case)(node))


def _packtivity(node: Node) -> Iterator[Finding]:
    """Judge a packtivity once, however many stages refer to it."""
    yield from node.bundle.once("schema", node, lambda: tuple(PACKTIVITY(node)))


def _workflow(node: Node) -> Iterator[Finding]:
    """Judge a workflow once, however many stages refer to it."""
    yield from node.bundle.once("schema", node, lambda: tuple(dict.fromkeys(WORKFLOW(node))))


def _stage(node: Node) -> Iterator[Finding]:
    yield from STAGE(node)


def _dependencies(node: Node) -> Iterator[Finding]:
    if isinstance(node.value, dict):
        yield from DEPENDENCIES(node)
    elif not isinstance(node.value, list):
        what = f"dependencies: found {kind_of(node.value)}, allowed is a list of stages, or a map"
        yield fault(node, "type", what, next_step="Write `dependencies: [NAME]`.")


def _parameters(node: Node) -> Iterator[Finding]:
    """Check parameters in either spelling: a map, or a list of `{key, value}`."""
    if isinstance(node.value, list):
        yield from ListOf(Record("a parameter", optional={"key": text, "value": _parameter}))(node)
    elif isinstance(node.value, dict):
        for key, value in node.items():
            if not isinstance(key, str):
                yield fault(value, "type", f"The parameter name {key!r} is a {kind_of(key)}", next_step="Quote it.")
            yield from _parameter(value)
    else:
        what = f"parameters: found {kind_of(node.value)}, allowed is a map or a list"
        yield fault(node, "type", what, next_step="Write `parameters: {}`.")


_REMEDIES = {
    "boolean": "Write 0 or 1, or 'true' or 'false' in quotes, as the command expects it.",
    "null": "Write '' or leave the parameter out.",
}


def _parameter(node: Node) -> Iterator[Finding]:
    found = kind_of(node.value)
    if found not in ("text", "number", "list", "map"):
        yield fault(
            node,
            "parameter-type",
            f"A parameter is a {found} ({node.value}), allowed is text, number, list or map",
            why="YAML reads an unquoted yes, no, on, off, true or false as a boolean, and 2020-01-31 as a date; "
            "the yadage language has neither as parameters.",
            next_step=_REMEDIES.get(found, "Put the value in quotes."),
        )


def _one_body(node: Node) -> Iterator[Finding]:
    """Check that a singlestep stage or a case has exactly one body."""
    bodies = [key for key in ("step", "workflow", "cases") if key in node.value]
    if len(bodies) != 1:
        found = " and ".join(bodies) or "none"
        what = f"A stage needs exactly one of step, workflow and cases, found {found}"
        yield fault(node, "body", what, next_step="Keep one of them." if bodies else "Add `step:`.")


def _case(node: Node) -> Iterator[Finding]:
    yield from CASE(node)
    if isinstance(node.value, dict) and ("step" in node.value) == ("workflow" in node.value):
        what = "A case needs exactly one of step and workflow"
        yield fault(node, "body", what, next_step="Keep one of them." if "step" in node.value else "Add `step:`.")


def _scheduler(node: Node) -> Iterator[Finding]:
    yield from SCHEDULER(node)
    if not isinstance(node.value, dict):
        return
    kind = node.value.get("scheduler_type")
    if kind == "singlestep-stage":
        yield from _one_body(node)
    elif kind == "multistep-stage" and "batchsize" in node.value and "partitionsize" in node.value:
        what = "A stage has both batchsize and partitionsize"
        yield fault(node.child("partitionsize"), "grouping", what, next_step="Keep one of them.")


WORKFLOW = Record("A workflow", {"stages": ListOf(_stage)})


def _options(node: Node) -> Iterator[Finding]:
    yield from OPTIONS(node)


STAGE = Record(
    "A stage",
    {"name": text, "scheduler": _scheduler},
    {"dependencies": _dependencies, "recast": _options},
)

DEPENDENCIES = Tagged(
    "A map of dependencies",
    "dependency_type",
    {
        "jsonpath_ready": Record("Dependencies of type jsonpath_ready", optional={"expressions": sequence}),
        "expressions_fulfilled": Record(
            "Dependencies of type expressions_fulfilled", optional={"expressions": sequence}
        ),
    },
)

_BODIES: dict[str, Check] = {"step": _packtivity, "workflow": _workflow}

CASE = Record("A case", optional={"if": text, **_BODIES})

_COMMON: dict[str, Check] = {
    **_BODIES,
    "cases": ListOf(_case),
    "register_values": mapping,
    "workflow_opts": mapping,
}

SCHEDULER = Tagged(
    "A scheduler",
    "scheduler_type",
    {
        "singlestep-stage": Record("A singlestep-stage", {"parameters": _parameters}, _COMMON),
        "multistep-stage": Record(
            "A multistep-stage",
            {"parameters": _parameters},
            {
                **_COMMON,
                "batchsize": number,
                "partitionsize": number,
                "scatter": Record("A scatter", optional={"parameters": ListOf(text), "method": text}),
            },
        ),
        "jq-stage": Record(
            "A jq-stage",
            optional={
                **_BODIES,
                "register_values": mapping,
                "bindings": mapping,
                "stepscript": text,
                "postscript": text,
            },
            open=True,
        ),
    },
)

PROCESS = Tagged(
    "A process",
    "process_type",
    {
        "string-interpolated-cmd": Record("A string-interpolated-cmd", {"cmd": text}),
        "interpolated-script-cmd": Record("An interpolated-script-cmd", {"script": text}, {"interpreter": text}),
        "manual-instructions-proc": Record("A manual-instructions-proc", {"instructions": text}),
    },
    default="string-interpolated-cmd",
    nullable=True,
)

MOST_AMOUNT = 1_000_000_000
"""No job has more cores, megabytes or seconds than this; more is a mistake, or no number at all (.inf, .nan)."""


def _amount(node: Node) -> Iterator[Finding]:
    yield from number(node)
    if kind_of(node.value) == "number" and not 0 < node.value <= MOST_AMOUNT:
        what = f"An amount is {node.value}, allowed is more than 0 and at most {MOST_AMOUNT}"
        yield fault(node, "amount", what, next_step="Write what the job needs.")


OPTIONS = Record(
    "recast:",
    optional={
        "cpus": _amount,
        "memory_mb": _amount,
        "disk_mb": _amount,
        "walltime_s": _amount,
        "gpus": _amount,
        "network": flag,
        "optional_outputs": ListOf(text),
        "path_files": ListOf(text),
    },
)
"""Our extension: the key `recast` of a stage, of a container environment, or of an item of its `resources`.

yadage reads the last; the other two only we do.
"""


def _resource(node: Node) -> Iterator[Finding]:
    if isinstance(node.value, dict) and set(node.value) == {"recast"}:
        yield from OPTIONS(node.child("recast"))


ENVIRONMENT = Tagged(
    "An environment",
    "environment_type",
    {
        "docker-encapsulated": Record(
            "A docker-encapsulated environment",
            {"image": text},
            {
                "imagetag": text,
                "resources": ListOf(_resource),
                "envscript": text,
                "env": mapping,
                "workdir": either("text", "null"),
                "par_mounts": ListOf(
                    Record("A parameter mount", optional={"jqscript": text, "mountpath": text}, open=True)
                ),
                "recast": OPTIONS,
            },
        ),
        "localproc-env": Record("A localproc-env"),
        "noop-env": Record("A noop-env"),
        "manual-instructions-env": Record("A manual-instructions-env", {"instructions": text}),
    },
    default="noop-env",
    nullable=True,
)

_FILES = {"glob": flag, "relative_paths": flag}

PUBLISHER = Tagged(
    "A publisher",
    "publisher_type",
    {
        "interpolated-pub": Record(
            "An interpolated-pub", {"publish": either("map", "list", "text", "boolean", "number")}, _FILES
        ),
        "frompar-pub": Record("A frompar-pub", {"outputmap": mapping}),
        "fromparjq-pub": Record("A fromparjq-pub", optional={"script": text, "tryExact": flag, **_FILES}),
        "fromyaml-pub": Record("A fromyaml-pub", {"yamlfile": text}),
        "fromglob-pub": Record("A fromglob-pub", {"globexpression": text, "outputkey": text}),
        "constant-pub": Record("A constant-pub", {"publish": mapping}),
        "manual-instructions-pub": Record("A manual-instructions-pub", {"instructions": text}),
    },
)

PACKTIVITY = Record("A packtivity", {"process": PROCESS, "environment": ENVIRONMENT, "publisher": PUBLISHER})
