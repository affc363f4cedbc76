"""Compare two published versions, section by section."""

from __future__ import annotations

from recast.catalogue import PublishedVersion
from recast.json_types import JsonDict, JsonObject
from recast.prepare.source import from_version
from recast.reports.differences.json_diff import differences
from recast.reports.differences.spec_diff import spec_changes
from recast.reports.differences.text_diff import bytes_changed

__all__ = ["version_diff"]

_MOST_FILES = 100


def version_diff(before: PublishedVersion, after: PublishedVersion) -> JsonDict:
    """Return what differs; each section is a list of `{where, before, after, relative}`, empty if nothing does.

    `text` contains the changes in files, line by line. `equal` says that the digests are the same, or that only the
    version number differs.
    """
    stages = spec_changes(from_version(before).workflow, from_version(after).workflow)
    sections = {
        "stages": [
            {"where": f"{it.stage} {it.key}", "before": it.before, "after": it.after, "relative": None} for it in stages
        ],
        "images": _leaves(before.pins, after.pins),
        "inputs": _leaves(before.input_schema, after.input_schema),
        "init": _leaves(before.init, after.init),
        "results": _leaves(_by_name(before, "results"), _by_name(after, "results")),
        "examples": _leaves(before.config["examples"], after.config["examples"]),
        "validation": _leaves(_by_name(before, "validation"), _by_name(after, "validation")),
        "metadata": _leaves(before.metadata, after.metadata),
        "files": _leaves(before.files, after.files),
    }
    text = [{"where": row["where"], "lines": _text(row["where"], before, after)} for row in sections["files"]]
    return {
        "before": {"reference": before.reference, "digest": before.digest},
        "after": {"reference": after.reference, "digest": after.digest},
        "equal": not any(sections.values()),
        **sections,
        "text": text[:_MOST_FILES],
    }


def _text(path: str, before: PublishedVersion, after: PublishedVersion) -> list[str]:
    """Return what changed in a file of the bundle, line by line."""
    return bytes_changed(*(it.read(path) if path in it.files else None for it in (before, after)))


def _leaves(before: JsonObject, after: JsonObject) -> list[JsonDict]:
    return [
        {"where": leaf.where[1:], "before": leaf.before, "after": leaf.after, "relative": leaf.relative}
        for leaf in differences(dict(before), dict(after))
    ]


def _by_name(version: PublishedVersion, key: str) -> JsonDict:
    return {item["name"]: item for item in version.config[key]}
