"""Workflow specs: yadage documents as frozen objects (`recast.spec.model`), and the errors in them.

Every document that yadage-schemas 0.11.1 accepts passes our schema too. Where we differ, we differ on purpose:

- A duplicate key in a map is an error; yadage silently takes the last.
- `$ref` never leaves the toplevel, by no path, link or URL; cyclic references are an error, not a hang.
- Files, nesting, aliases and references are bounded (`source`, `traverse`), so that a bomb is refused at once.
- Parameters and dependencies may stand behind a `$ref` as a whole; yadage-schemas rejects that.
- `recast:` is allowed in a container environment.
- A script in a `localproc-env` runs; yadage crashes on it.
- `env` of a container environment is honoured; yadage ignores it.
- What can only fail or silently do nothing when run is an error before the run (`rules`).
"""

from __future__ import annotations

from recast.spec.digest import bundle_files, spec_digest
from recast.spec.findings import Finding
from recast.spec.load import LoadedSpec, load_workflow

__all__ = ["Finding", "LoadedSpec", "bundle_files", "load_workflow", "spec_digest"]
