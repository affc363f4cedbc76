"""Find what to cite: a version, an entry, or the version of a run."""

from __future__ import annotations

from collections.abc import Callable

from recast.paths import places
from recast.results.subject import Subject
from recast.rundir import find_run

__all__ = ["subject_named"]


def subject_named(what: str, say: Callable[[str], None] = lambda _: None) -> Subject:
    """Return what an export would say: of a version that is published here, or of a run; raise NotFound for neither."""
    from recast.catalogue import Catalogue
    from recast.catalogue.entries.written import looks_written
    from recast.catalogue.transfer.find import find_version
    from recast.runs.subject import subject_of, subject_of_version

    local = Catalogue()
    if looks_written(what) or "@" in what or what.startswith("oci://") or what in local.analyses():
        return subject_of_version(find_version(what, local).version)
    return subject_of(find_run(places().runs, what, say).request())
