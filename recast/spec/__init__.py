"""The spec room: yadage documents into frozen objects (`recast.spec.model`), and what is wrong with them."""

from __future__ import annotations

from recast.spec.digest import bundle_files, spec_digest
from recast.spec.findings import Finding
from recast.spec.load import LoadedSpec, load_workflow

__all__ = ["Finding", "LoadedSpec", "bundle_files", "load_workflow", "spec_digest"]
