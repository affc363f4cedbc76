"""Rules on the inputs and outputs of a step: parameters, templates, publishers."""

from __future__ import annotations

from recast.spec.rulebook.rule import Rule

__all__ = ["STEPS"]

STEPS = (
    Rule(
        "spec.placeholder",
        "A placeholder without a parameter",
        "The step would fail with a KeyError when it is started.",
        "Add the parameter, correct the name, or double the braces if they are literal: `{{` and `}}`.",
    ),
    Rule(
        "spec.braces-as-map",
        "YAML read an unquoted `{x}` as a map",
        "In YAML `{x}` is the map with the key x and no value, so there is no placeholder left to fill in.",
        "Quote it: `'{x}'`.",
    ),
    Rule(
        "spec.stray-brace",
        "A brace that is not a placeholder",
        "Commands are formatted with Python's `str.format`: every brace of the shell, awk or ROOT must be doubled.",
        "Write `{{` and `}}`.",
    ),
    Rule(
        "spec.template",
        "A placeholder that is not allowed",
        "Only `{name}`, `{name[0]}` and `{name[key]}` are filled in. An attribute would access Python objects, a huge "
        "width would fill the memory.",
        "Write the parameter's name alone.",
    ),
    Rule(
        "spec.unknown-parameter",
        "An output is taken from a parameter that the stage does not have",
        "The step would fail after its work is done.",
        "Correct the name in the `outputmap`, or add the parameter.",
    ),
    Rule(
        "spec.unused-parameter",
        "A parameter is never used",
        "It misleads readers; often it indicates a typo in a placeholder.",
        "Remove it, or use it.",
        "warning",
        False,
    ),
    Rule(
        "spec.workdir",
        "A sub-workflow receives `{workdir}`",
        "A sub-workflow has no work directory; yadage fails with KeyError 'workdir'. It is a warning where `cases` "
        "may choose a step instead.",
        "Build the path in a stage of the sub-workflow.",
    ),
    Rule(
        "spec.path-escape",
        "A path leaves the work directory",
        "A step may write and publish only files below its own work directory.",
        "Remove the `..`.",
    ),
    Rule(
        "spec.no-environment",
        "A process without an environment",
        "yadage would not run it, but publish as if it had run.",
        "Write an environment, or `process: null` for a step that only publishes.",
    ),
    Rule(
        "spec.invisible-character",
        "An invisible character",
        "Zero-width characters, and those that change the direction of the text, make a spec look different from what "
        "it is.",
        "Remove the character.",
    ),
)
