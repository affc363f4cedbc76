"""Check an item of the catalogue for everything that `recast run` would refuse, without running it."""

from __future__ import annotations

from recast.json_types import JsonDict
from recast.recast_atlas.imported import ImportedEntries

__all__ = ["check"]


def check(name: str) -> list[JsonDict]:
    """Return the findings on an imported entry, a published version or an entry's file: severity, code, where, what,
    next. Raises NotFound.
    """
    imported = ImportedEntries()
    if name in imported.names():
        from recast.operations.check_atlas_entry import check_entry

        found = check_entry(imported.get(name))
        return [{**finding.as_json(), "where": str(finding.position or "")} for finding in found]
    from recast.operations.check_version import check_version

    return check_version(name)
