"""Rules on files and references: what prevents a spec from being read at all."""

from __future__ import annotations

from recast.spec.rulebook.rule import Rule

__all__ = ["READING"]

READING = (
    Rule(
        "spec.yaml",
        "The file is not valid YAML",
        "Nothing in the file can be understood.",
        "Fix the syntax at the given line, or just before it.",
    ),
    Rule(
        "spec.yaml-duplicate-key",
        "A key occurs twice in one map",
        "YAML would silently drop the first of the two values.",
        "Remove or rename one of the two.",
    ),
    Rule(
        "spec.yaml-recursive",
        "An alias is used inside its own anchor",
        "The value would contain itself.",
        "Remove the alias.",
    ),
    Rule(
        "spec.yaml-bomb",
        "Aliases expand to more values than a spec may have",
        "Aliases of aliases double at each level; a few lines can fill any memory.",
        "Write the values without aliases, or move the data out of the spec.",
    ),
    Rule(
        "spec.too-large",
        "A file is too large, or has too many values once references are followed",
        "A spec is text written by people; data belongs in the inputs.",
        "Move the data into an input file.",
    ),
    Rule(
        "spec.too-deep",
        "Values are nested too deeply",
        "No spec needs it, and programs crash on it.",
        "Flatten the values, or use fewer references to references.",
    ),
    Rule(
        "spec.encoding",
        "The file is not UTF-8",
        "YAML is UTF-8; other encodings would have to be guessed.",
        "Convert the file: `iconv -f latin1 -t utf-8 FILE`.",
    ),
    Rule(
        "spec.not-json",
        "A value cannot be written as JSON",
        "The record of a run is JSON. YAML reads an unquoted 2020-01-31 as a date, which JSON does not have.",
        "Put the value, or the key, in quotes.",
    ),
    Rule(
        "spec.unreadable",
        "A file cannot be opened",
        "Its permissions, its name or the disk prevent it.",
        "Check its name and its permissions.",
    ),
    Rule(
        "spec.reana",
        "The file is a REANA specification, not a workflow",
        "It names a workflow, which is a separate file.",
        "Check the workflow file that it names; only `recast run` follows the name by itself.",
    ),
    Rule(
        "spec.ref-missing",
        "A `$ref` names a file or a key that does not exist",
        "A reference in the workflow's own file is relative to the toplevel, in every other file to that file.",
        "Correct the path or the part after `#`, or pass the right `--toplevel`.",
    ),
    Rule(
        "spec.ref-escape",
        "A `$ref` leads out of the toplevel",
        "A preserved spec must contain everything it reads, and an untrusted spec must not read your files.",
        "Copy the file below the toplevel and refer to it by a relative path.",
    ),
    Rule(
        "spec.ref-cycle",
        "References form a cycle",
        "The value would contain itself; yadage hangs on it.",
        "Remove one of the references.",
    ),
)
