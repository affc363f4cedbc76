"""Build the frozen objects of `model` from nodes that passed the schema.

What the schema accepts but no object can represent (a reference that names nothing, an unknown expression) is collected
as findings. A sub-workflow or packtivity that is referred to from many places becomes one shared object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recast.json_types import JsonDict, JsonValue
from recast.spec import model
from recast.spec.findings import Finding
from recast.spec.references import Node
from recast.spec.schema import SELECTOR_KEYS, check_cases
from recast.spec.shapes import fault, kind_of
from recast.suggest import did_you_mean

__all__ = ["Builder"]

_OPTIONAL_KEYS = ("output", "unwrap", "flatten", "expression_type")


class Builder:
    """Builds a `model.Workflow` from a root node, and collects `findings` and `nodes` (by position)."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.nodes: dict[model.Position, Node] = {}

    def workflow(self, node: Node) -> model.Workflow:
        """Return a workflow with all its sub-workflows."""
        return node.bundle.once("workflow", node, lambda: self._workflow(node))

    def packtivity(self, node: Node) -> model.Packtivity:
        """Return what a step runs."""
        return node.bundle.once("packtivity", node, lambda: self._packtivity(node))

    def _workflow(self, node: Node) -> model.Workflow:
        stages = tuple(self._stage(stage) for stage in node.child("stages").elements())
        return model.Workflow(stages, self._note(node))

    def _note(self, node: Node) -> model.Position:
        self.nodes[node.position] = node
        return node.position

    def _stage(self, node: Node) -> model.Stage:
        scheduler = node.child("scheduler")
        kind = scheduler.value["scheduler_type"]
        given = scheduler.get("workflow_opts")
        opts = given.plain() if given is not None and isinstance(given.value, dict) else {}
        registered = scheduler.get("register_values")
        return model.Stage(
            name=node.value["name"],
            dependencies=self._dependencies(node),
            parameters={} if kind == "jq-stage" else dict(self._parameters(scheduler.child("parameters"))),
            body=self._body(scheduler),
            scatter=self._scatter(scheduler) if kind == "multistep-stage" else None,
            jq=self._jq(scheduler) if kind == "jq-stage" else None,
            discover=bool(opts.get("discover", False)),
            relative=bool(opts.get("relative", True)),
            register_values={k: self._expression(v) for k, v in registered.items()} if registered else {},
            options=options.plain() if (options := node.get("recast")) is not None else {},
            position=self._note(node),
        )

    def _dependencies(self, node: Node) -> model.Dependencies:
        given = node.get("dependencies")
        if given is None:
            return model.Dependencies()
        kind: JsonValue = "jsonpath_ready" if isinstance(given.value, list) else given.value["dependency_type"]
        expressions = given if isinstance(given.value, list) else given.get("expressions")
        if expressions is None:
            what = f"Dependencies of type {kind} lack the key 'expressions'"
            self.findings.append(fault(given, "missing-key", what, next_step="Add `expressions: []`."))
            return model.Dependencies(kind)
        if kind == "expressions_fulfilled":
            return model.Dependencies(kind, tuple(map(self._expression, expressions.elements())))
        for element in expressions.elements():
            if not isinstance(element.value, str):
                what = f"A dependency is a {kind_of(element.value)}, allowed is the name of a stage or a path"
                self.findings.append(fault(element, "type", what, next_step="Write the stage's name, in quotes."))
        return model.Dependencies(kind, tuple(e.value for e in expressions.elements() if isinstance(e.value, str)))

    def _parameters(self, node: Node) -> Iterator[tuple[str, JsonValue]]:
        """Return names and values; in a map, one with step, steps or stages becomes a reference, as in yadage."""
        if isinstance(node.value, dict):
            for name, value in node.items():
                implicit = isinstance(value.value, dict) and not value.referred and SELECTOR_KEYS & value.value.keys()
                yield name, self._selector(value) if implicit else self._parameter(name, value)
            return
        seen: set[str] = set()
        for item in node.elements():
            if not {"key", "value"} <= item.value.keys():
                what = "A parameter in a list needs the keys 'key' and 'value'"
                self.findings.append(fault(item, "missing-key", what, next_step="Write `{key: name, value: ...}`."))
                continue
            name = item.value["key"]
            if name in seen:
                what = f"The parameter {name!r} is defined twice"
                self.findings.append(fault(item, "duplicate-parameter", what, next_step="Remove one of the two."))
            seen.add(name)
            yield name, self._parameter(name, item.child("value"))

    def _parameter(self, name: str, node: Node) -> JsonValue:
        """Return a reference if it is marked as one, or the plain value."""
        if isinstance(node.value, dict) and "expression_type" in node.value:
            return self._expression(node)
        if isinstance(node.value, dict) and SELECTOR_KEYS & node.value.keys():
            what = f"The parameter {name!r} looks like a reference, but is a plain map for yadage"
            why = "yadage takes a map with step or stages for a reference only where it stands directly in a map of "
            why += "parameters; not in a list of {key, value} and not behind a $ref."
            remedy = "Add `expression_type: stage-output-selector` to it."
            self.findings.append(fault(node, "unmarked-reference", what, why=why, next_step=remedy))
        return node.plain()

    def _expression(self, node: Node) -> JsonValue:
        kind = node.value.get("expression_type") if isinstance(node.value, dict) else None
        if kind == "stage-output-selector":
            return self._selector(node)
        if kind == "fromvalue":
            return self._value_reference(node)
        if kind is not None:
            what = f"expression_type: found {kind!r}, allowed is stage-output-selector or fromvalue"
            remedy = did_you_mean(str(kind), ["stage-output-selector", "fromvalue"])
            self.findings.append(fault(node.child("expression_type"), "unknown-kind", what, next_step=remedy))
        return node.plain()

    def _selector(self, node: Node) -> JsonValue:
        keys = [key for key in ("stages", "steps", "step") if key in node.value]
        plural = [key for key in keys if key != "step"]
        paths = [value for value in (node.value[key] for key in plural or keys) if value]
        output = node.value.get("output")
        wrong = None
        if len(plural) == 2:
            wrong = "A reference has both 'stages' and 'steps', which mean the same"
        elif not paths or not isinstance(paths[0], str):
            wrong = "A reference names no stage"
        elif output is not None and not isinstance(output, str):
            wrong = f"The output of a reference is a {kind_of(output)}, allowed is text"
        if wrong:
            self.findings.append(fault(node, "reference", wrong, next_step="Write `{step: NAME, output: KEY}`."))
            return node.plain()
        self._unknown_keys(node, {*SELECTOR_KEYS, *_OPTIONAL_KEYS})
        return model.Selector(
            path=paths[0],
            output=output,
            single=not plural,
            unwrap=bool(node.value.get("unwrap", False)),
            flatten=bool(node.value.get("flatten", False)),
            position=node.position,
        )

    def _value_reference(self, node: Node) -> JsonValue:
        key, scope = node.value.get("key"), node.value.get("scope")
        if not isinstance(key, str) or not isinstance(scope, (str, type(None))):
            what = "A reference to a registered value needs the text 'key', and may have the text 'scope'"
            self.findings.append(fault(node, "reference", what, next_step="Add `key:`."))
            return node.plain()
        self._unknown_keys(node, {"key", "scope", "expression_type"})
        return model.ValueReference(key, scope, node.position)

    def _unknown_keys(self, node: Node, known: set[str]) -> None:
        for key, child in node.items():
            if key not in known:
                what = f"A reference has no key {key!r}; it has no effect"
                remedy = did_you_mean(str(key), known, what="keys")
                self.findings.append(fault(child, "unknown-key", what, next_step=remedy, severity="warning"))

    def _body(self, scheduler: Node) -> model.Body:
        step, workflow, cases = (scheduler.get(key) for key in ("step", "workflow", "cases"))
        if [step, workflow, cases].count(None) < 2:  # the schema accepts it in a multistep stage
            what = "A stage needs exactly one of step, workflow and cases, found several"
            self.findings.append(fault(scheduler, "body", what, next_step="Keep one of them."))
        if step is not None:
            return self.packtivity(step)
        if workflow is not None:
            return self.workflow(workflow)
        wrong = check_cases(cases) if cases is not None else []
        if cases is None or wrong:
            self.findings += wrong
            return None
        return tuple(case for case in map(self._case, cases.elements()) if case is not None)

    def _case(self, node: Node) -> model.Case | None:
        condition = node.value.get("if")
        body = self._body(node)
        if condition is None:
            what = "A case lacks the key 'if'"
            self.findings.append(fault(node, "missing-key", what, next_step="Add `if:` with a jq expression."))
            return None
        assert isinstance(body, (model.Packtivity, model.Workflow))  # the schema guarantees it
        return model.Case(condition, body)

    def _scatter(self, scheduler: Node) -> model.Scatter:
        given = scheduler.get("scatter")
        scatter = given.plain() if given is not None else {}
        return model.Scatter(
            method=scatter.get("method", ""),
            parameters=tuple(scatter.get("parameters", ())),
            grouping=self._grouping(scheduler, "batchsize", "batch")
            or self._grouping(scheduler, "partitionsize", "partition"),
        )

    def _grouping(self, scheduler: Node, key: str, kind: JsonValue) -> model.BatchSize | None:
        node = scheduler.get(key)
        if node is None or node.value == 0:  # yadage treats 0 like none
            return None
        if not isinstance(node.value, int) or node.value < 0:
            what = f"{key}: found {node.value!r}, allowed is a whole number above 0"
            self.findings.append(fault(node, "grouping", what, next_step="Write a whole number."))
            return None
        return model.BatchSize(kind, int(node.value))

    def _jq(self, scheduler: Node) -> model.JqScheduler:
        bindings = scheduler.get("bindings")
        if bindings is None:
            what = "A jq-stage lacks the key 'bindings'"
            self.findings.append(fault(scheduler, "missing-key", what, next_step="Add `bindings: {}`."))
        texts = {key: scheduler.value[key] for key in ("stepscript", "postscript") if key in scheduler.value}
        return model.JqScheduler(bindings.plain() if bindings is not None else {}, **texts)

    def _packtivity(self, node: Node) -> model.Packtivity:
        return model.Packtivity(
            process=self._process(node.child("process")),
            environment=self._environment(node.child("environment")),
            publisher=self._publisher(node.child("publisher")),
            position=self._note(node),
        )

    def _process(self, node: Node) -> model.Process | None:
        if node.value is None:
            return None
        value: Mapping[str, str] = node.value
        kind = value.get("process_type", "string-interpolated-cmd")
        position = node.position
        if kind == "interpolated-script-cmd":
            return model.Process("script", value["script"], value.get("interpreter", "sh"), position)
        if kind == "manual-instructions-proc":
            return model.Process("manual", value["instructions"], position=position)
        return model.Process("command", value["cmd"], position=position)

    def _environment(self, node: Node) -> model.Environment | None:
        if node.value is None:
            return None
        kind = node.value.get("environment_type", "noop-env")
        if kind == "docker-encapsulated":
            return self._container(node)
        if kind == "localproc-env":
            return model.HostEnvironment()
        if kind == "manual-instructions-env":
            return model.ManualEnvironment(node.value["instructions"])
        return model.NoopEnvironment()

    def _container(self, node: Node) -> model.ContainerEnvironment:
        value = node.plain()
        resources = value.get("resources", [])
        ours = [item["recast"] for item in resources if isinstance(item, dict) and set(item) == {"recast"}]
        options: JsonDict = {}
        for given in [*ours, value.get("recast", {})]:
            options.update(given)
        return model.ContainerEnvironment(
            image=value["image"],
            tag=value.get("imagetag", "latest"),
            resources=tuple(resources),
            envscript=value.get("envscript", ""),
            env=dict(self._variables(node)),
            workdir=value.get("workdir"),
            parameter_mounts=tuple(self._mounts(node)),
            options=options,
            position=node.position,
        )

    def _variables(self, node: Node) -> Iterator[tuple[str, str]]:
        variables = node.get("env")
        for name, value in variables.items() if variables is not None else ():
            if isinstance(value.value, (str, int, float)) and not isinstance(value.value, bool):
                yield str(name), str(value.value)
            else:
                what = f"The variable {name!r} is a {kind_of(value.value)}, allowed is text or number"
                self.findings.append(fault(value, "type", what, next_step="Put the value in quotes."))

    def _mounts(self, node: Node) -> Iterator[model.ParameterMount]:
        mounts = node.get("par_mounts")
        for mount in mounts.elements() if mounts is not None else ():
            if {"mountpath", "jqscript"} <= mount.value.keys():
                yield model.ParameterMount(mount.value["mountpath"], mount.value["jqscript"])
            else:
                what = "A parameter mount needs the keys 'mountpath' and 'jqscript'"
                self.findings.append(fault(mount, "missing-key", what, next_step="Add the other key."))

    def _publisher(self, node: Node) -> model.Publisher:
        value = node.plain()
        flags = {key: value[key] for key in ("glob", "relative_paths") if key in value}
        makers: JsonDict = {
            "interpolated-pub": lambda: model.InterpolatedPublisher(value["publish"], **flags),
            "frompar-pub": lambda: model.FromParametersPublisher(value["outputmap"]),
            "fromyaml-pub": lambda: model.FromYamlPublisher(value["yamlfile"]),
            "fromglob-pub": lambda: model.FromGlobPublisher(value["outputkey"], value["globexpression"]),
            "constant-pub": lambda: model.ConstantPublisher(value["publish"]),
            "fromparjq-pub": lambda: model.FromJqPublisher(
                value.get("script", "."), value.get("tryExact", True), **flags
            ),
            "manual-instructions-pub": lambda: model.ManualPublisher(value["instructions"]),
        }
        publisher: model.Publisher = makers[value["publisher_type"]]()
        return publisher
