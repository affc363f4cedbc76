"""Let pyhf check a patchset against its workspace, and build every model; run by the Python of .venv-fit, not by ours.

pyhf_judge.py WORKSPACE PATCHSET    prints one JSON object: name of the patch -> number of bins of its model
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyhf


def main(workspace: str, patchset: str) -> None:
    space = pyhf.Workspace(json.loads(Path(workspace).read_bytes()))
    document = json.loads(Path(patchset).read_bytes())
    pyhf.schema.validate(document, "patchset.json")
    patches = pyhf.PatchSet(document)
    patches.verify(space)
    models = {patch.name: pyhf.Workspace(patches.apply(space, patch.name)).model() for patch in patches}
    print(json.dumps({name: sum(model.config.channel_nbins.values()) for name, model in models.items()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
