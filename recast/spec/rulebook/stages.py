"""Rules on stages: their names, their dependencies, their references, their scatters."""

from __future__ import annotations

from recast.spec.rulebook.rule import Rule

__all__ = ["STAGES"]

STAGES = (
    Rule(
        "spec.duplicate-stage",
        "Two stages have the same name",
        "References to the name would be ambiguous; yadage mixes the steps of the two.",
        "Rename one of the two.",
    ),
    Rule(
        "spec.reserved-name",
        "A stage is named `init`",
        "Every workflow starts with a stage `init` whose outputs are the parameters passed to it.",
        "Rename the stage.",
    ),
    Rule(
        "spec.stage-name",
        "A name that a stage cannot have",
        "The name becomes the name of a folder and is part of paths. Letters that look like others, or are invisible, "
        "would make two names look the same.",
        "Use letters, digits, `_` and `-`, at most 128 characters.",
    ),
    Rule(
        "spec.unknown-dependency",
        "A stage waits for a stage that does not exist",
        "It could never run; yadage would skip it and report success.",
        "Correct the name.",
    ),
    Rule(
        "spec.unknown-stage",
        "A reference to a stage that does not exist",
        "There is nothing to take the value from.",
        "Correct the name.",
    ),
    Rule(
        "spec.unknown-output",
        "A reference to an output that the stage does not publish",
        "The outputs of a stage are those that its publisher names; those of `init` are the parameters of the stage "
        "that starts the sub-workflow.",
        "Correct the output's name, or publish it.",
    ),
    Rule(
        "spec.unknown-value",
        "A reference to a value that no stage registers",
        "yadage would pass null.",
        "Add it to the `register_values` of a stage, or correct the key.",
    ),
    Rule(
        "spec.path",
        "A string that is not a path to stages",
        "Stages are referred to by `name`, `name[*].sub`, `name[0].sub` or `a,b`.",
        "Write the name of a stage, or name[*].sub.",
    ),
    Rule(
        "spec.cycle",
        "Stages wait for each other in a cycle",
        "None of them can ever start.",
        "Remove one of the dependencies or references.",
    ),
    Rule(
        "spec.unordered",
        "A reference to a stage that the dependencies do not wait for",
        "In yadage it works only where the value is known before the step has run, or by chance.",
        "Add the stage to the dependencies.",
        "warning",
        False,
    ),
    Rule(
        "spec.never-runs",
        "A stage that can never run",
        "It waits for a stage that never runs, or for an instance that never exists; yadage would skip it and report "
        "success.",
        "Fix what it waits for.",
        stops_run=False,
    ),
    Rule(
        "spec.scatter",
        "A multistep stage that scatters no parameter",
        "There is nothing to scatter it over.",
        "Add `scatter: {method: zip, parameters: [NAME]}`, or make it a singlestep-stage.",
    ),
    Rule(
        "spec.scatter-method",
        "An unknown scatter method",
        "yadage would create no step at all, and report success.",
        "Write `zip` or `cartesian`.",
    ),
    Rule(
        "spec.scatter-parameter",
        "A scattered parameter that the stage does not have",
        "There is nothing to take the values from.",
        "Correct the name, or add the parameter.",
    ),
    Rule(
        "spec.scatter-type",
        "A scattered parameter that is not a list",
        "yadage would scatter over the characters of a string.",
        "Write a list, or a reference to one.",
    ),
    Rule(
        "spec.scatter-lengths",
        "Lists of unequal length are zipped",
        "yadage would silently drop the rest of the longer ones.",
        "Make the lists equally long, or use the method `cartesian`.",
    ),
    Rule(
        "spec.empty-scatter",
        "A scatter over an empty list",
        "The stage creates no step.",
        "Fill the list, take it from an input, or remove the stage.",
        "warning",
        False,
    ),
)
