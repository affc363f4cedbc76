"""The repository of the demo: ATLAS-SUSY-2018-22 as it comes with RECAST, with one script inside an image."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT

__all__ = ["ANALYSIS", "SPEC", "edit", "write_analysis"]

ANALYSIS = "atlas-susy-2018-22"
SPEC = f"specs/{ANALYSIS}/1.0.0"
_MODULES = ("rate", "crosssection", "decaychain", "plaintext", "plausible", "slha", "spectrum")

CONFIG = f"""entry: catalogue/{ANALYSIS}.yml
validation:
- {{name: demo, example: demo, inputs: {{seed: 1, events: EVENTS}}}}
random: [generate]
tolerances:
- {{quantity: 'cutflow/*', relative: 0.02}}
- {{quantity: '*', relative: 0.05}}
"""

TESTS = """tests:
- name: squarks
  stage: check
  example: demo
  walltime_s: 15
  expect:
    files:
      point.json: {values: {/process: squark}}
"""

CONTAINERFILE = """# The step `rate`, whose scripts lie in its image.
FROM recast/generation:1
LABEL org.opencontainers.image.title=recast/rate org.opencontainers.image.version=1
COPY *.py /opt/recast/
"""


def write_analysis(folder: Path, events: int) -> None:
    """Write the first commit's files into an empty folder; `events` are those of each of four batches."""
    shutil.copytree(ROOT / SPEC, folder / SPEC, ignore=shutil.ignore_patterns("images.lock.json", "__pycache__"))
    (folder / "catalogue").mkdir()
    entry = (ROOT / f"catalogue/{ANALYSIS}.yml").read_text()
    # A version of our own: what is published under 1.0.0 never changes. Its validation takes minutes.
    kept = entry[: entry.index("\n  validation:")] + "\n"
    (folder / f"catalogue/{ANALYSIS}.yml").write_text(kept)
    image = folder / SPEC / "images/rate"
    image.mkdir()
    (image / "Containerfile").write_text(CONTAINERFILE)
    for name in _MODULES:
        shutil.copy(folder / SPEC / f"files/scripts/{name}.py", image)
    # Its own content each time: an image of an earlier demo is not built again, and another key has signed it.
    edit(image / "rate.py", lambda text: f"{text}\n# {uuid.uuid4()}\n")
    edit(folder / SPEC / "steps.yml", _rate_from_its_image)
    (folder / "recast-ci.yml").write_text(CONFIG.replace("EVENTS", str(events)))
    (folder / "tests/steps").mkdir(parents=True)
    (folder / "tests/steps/check.yml").write_text(TESTS)
    (folder / "README.md").write_text("# A search under continuous analysis\n")
    (folder / ".gitignore").write_text("recast-ci/\n")


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a file, which must become another one."""
    before = path.read_text()
    after = change(before)
    assert after != before, path
    path.write_text(after)


def _rate_from_its_image(text: str) -> str:
    start, end = text.index("\nrate:"), text.index("\ngenerate:")
    rate = text[start:end].replace("python3 {script}", "python3 /opt/recast/rate.py")
    return text[:start] + rate.replace("image: recast/generation", "image: recast/rate") + text[end:]
