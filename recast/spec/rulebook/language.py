"""Rules of the language's schema: which keys are allowed where, with which types."""

from __future__ import annotations

from recast.spec.rulebook.rule import Rule

__all__ = ["LANGUAGE"]

LANGUAGE = (
    Rule(
        "spec.type",
        "A value has the wrong type",
        "The language defines which values are strings, numbers, lists and maps.",
        "Write a value of the expected type; a string that looks like a number or a boolean needs quotes.",
    ),
    Rule(
        "spec.missing-key",
        "A required key is missing",
        "Without it this part of the spec has no meaning.",
        "Add the missing key.",
    ),
    Rule(
        "spec.unknown-key",
        "A key that the language does not have",
        "It has no effect; usually it is a known key with a typo. It is a warning in a reference, where yadage "
        "ignores it, and an error elsewhere.",
        "Correct the key, or remove it.",
    ),
    Rule(
        "spec.unknown-kind",
        "An unknown scheduler, process, environment, publisher or expression",
        "The kind determines how the rest is read.",
        "Use one of the listed kinds.",
    ),
    Rule(
        "spec.parameter-type",
        "A parameter is a boolean, null or a date",
        "The language has none of these. YAML reads an unquoted yes, no, on, off, true or false as a boolean.",
        "Put the value in quotes, or write 0 or 1.",
    ),
    Rule(
        "spec.body",
        "A stage has no body, or several",
        "A stage runs exactly one of `step`, `workflow` and `cases`.",
        "Keep one of them, or add `step:`.",
    ),
    Rule(
        "spec.grouping",
        "A batch size that is not a whole number, or is combined with a partition size",
        "`batchsize` makes groups of n, `partitionsize` makes n groups; a stage can have only one of them.",
        "Write one of the two, as a whole number above 0.",
    ),
    Rule(
        "spec.reference",
        "A reference that does not name a stage",
        "`step` or `stages` must be a string that names stages; `stages` and `steps` mean the same.",
        "Write `{step: NAME, output: KEY}`.",
    ),
    Rule(
        "spec.unmarked-reference",
        "A map that looks like a reference, but is plain data",
        "yadage treats a map with `step` or `stages` as a reference only directly inside a map of parameters, not in a "
        "list of {key, value} and not behind a $ref.",
        "Add `expression_type: stage-output-selector` to it.",
    ),
    Rule(
        "spec.duplicate-parameter",
        "A parameter is defined twice",
        "yadage would silently take the last one.",
        "Remove one of the two.",
    ),
    Rule(
        "spec.amount",
        "An amount of resources that no machine has",
        "CPUs, memory, disk and time must be more than 0 and less than what any site could provide.",
        "Write what the job needs, in the unit of the key: `memory_mb: 2000`.",
    ),
)
