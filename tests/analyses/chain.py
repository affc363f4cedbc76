"""The steps of a likelihood entry, run as its workflow runs them, on a copy of its bundle that a test may spoil.

The scripts run in `.venv-fit`, whose packages are those of the image (`requirements.lock` of its recipe).
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from recast.catalogue.entries.entry import load_entry
from recast.catalogue.validate import validate
from recast.catalogue.version import ValidationItem
from recast.inputs.schema import with_defaults
from tests.conftest import ROOT, Answer
from tests.newest import newest_spec
from tests.waiting import BOUND_S

__all__ = ["Bundle", "fit_python", "items_of", "verdicts"]


def fit_python() -> Path:
    """Return the Python with pyhf and scipy; a test that needs it fails, and does not skip, where it is missing."""
    python = Path(os.environ.get("FIT_PYTHON") or ROOT / ".venv-fit/bin/python")
    assert python.exists(), f"the packages of the fits are missing at {python}; type: make setup-test"
    return python


@functools.cache
def _zygote() -> subprocess.Popen[str]:
    """Start the process whose forks run the scripts; it ends with this one, because its input does."""
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    command = [str(fit_python()), str(Path(__file__).parent / "zygote.py")]
    zygote = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)

    def end() -> None:
        zygote.communicate()  # closes its input

    atexit.register(end)
    return zygote


@dataclass(frozen=True)
class Bundle:
    """A copy of an entry's bundle, with a folder to work in."""

    analysis: str
    version: str
    files: Path
    work: Path

    @classmethod
    def of(cls, analysis: str, folder: Path, version: str = "") -> Bundle:
        """Copy a shipped bundle below a folder; the newest one, unless a version is named."""
        source = ROOT / "specs" / analysis / version if version else newest_spec(analysis)
        shutil.copytree(source / "files", folder / "files", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(source / "inputs.schema.json", folder)
        return cls(analysis, source.name, folder / "files", folder)

    def edit(self, path: str, change: Callable[[Any], Any]) -> None:
        """Change a JSON file of the copy: the function changes the document in place, or returns another."""
        file = self.files / path
        document = json.loads(file.read_text())
        changed = change(document)
        file.write_text(json.dumps(document if changed is None else changed))

    def script(self, name: str, *arguments: object, timeout: float = BOUND_S) -> Answer:
        """Run a script of the copy; an AssertionError if it does not end in time."""
        zygote = _zygote()
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        line = [self.work, self.files / "scripts" / f"{name}.py", *arguments]
        zygote.stdin.write(json.dumps(list(map(str, line))) + "\n")
        zygote.stdin.flush()
        ready, _, _ = select.select([zygote.stdout], [], [], timeout)
        assert ready, f"{name} did not end within {timeout:g} s"
        return Answer(*json.loads(zygote.stdout.readline()))

    def request(self, inputs: Mapping[str, Any]) -> Path:
        """Write the request of the first step: the inputs with their defaults, and the files that init names."""
        schema = json.loads((self.work / "inputs.schema.json").read_text())
        init = load_entry(ROOT / "catalogue" / f"{self.analysis}.yml").entry.version(self.version).init
        given = with_defaults(inputs, schema)
        local = {key: str(self.files.parent / str(value).removeprefix("bundle:")) for key, value in init.items()}
        given = {key: self._local(value) for key, value in given.items()}
        path = self.work / "request.json"
        path.write_text(json.dumps({**local, **given}))
        return path

    def _local(self, value: Any) -> Any:
        text = isinstance(value, str) and value.startswith("bundle:")
        return str(self.files.parent / value.removeprefix("bundle:")) if text else value

    def prepare(self, **inputs: Any) -> Answer:
        """Run the first step."""
        shutil.rmtree(self.work / "signals", ignore_errors=True)
        where = ("--signals", self.work / "signals", "--index", self.work / "index.yml")
        return self.script("prepare", "--request", self.request(inputs), *where)

    def signals(self) -> list[str]:
        """Return the files of the signals that the first step made."""
        found: list[Any] = json.loads((self.work / "index.yml").read_text())["signals"]
        return [file for part in found for file in ([part] if isinstance(part, str) else part)]

    def results(
        self, fixed: Sequence[object], gathered: Sequence[object], names: Mapping[str, str], **inputs: Any
    ) -> Any:
        """Run prepare, fit and gather; return the results as `recast results -o json` has them.

        `fixed` and `gathered` are the arguments of fit and gather; `names` maps options of gather to results.
        """
        for answer in (
            self.prepare(**inputs),
            self.script("fit", *fixed, "--output", self.work / "part.json", *self.signals()),
            self.script("gather", *gathered, *self._written(names), self.work / "part.json"),
        ):
            assert answer.code == 0, answer.err
        documents = {name: json.loads((self.work / f"{option}.json").read_text()) for option, name in names.items()}
        return [
            {"name": name, **result}
            for name, found in documents.items()
            for result in (found if isinstance(found, list) else [found])
        ]

    def _written(self, names: Mapping[str, str]) -> list[object]:
        made: list[object] = [part for option in names for part in (f"--{option}", self.work / f"{option}.json")]
        return [*made, "--table", self.work / "limits.csv"]


def items_of(analysis: str, *names: str) -> tuple[ValidationItem, ...]:
    """Return the validation items of an entry's newest version, all or those of some names."""
    version = load_entry(ROOT / "catalogue" / f"{analysis}.yml").entry.version(newest_spec(analysis).name)
    items = [ValidationItem(**item.model_dump()) for item in version.validation]
    return tuple(item for item in items if not names or item.name in names)


def verdicts(items: Sequence[ValidationItem], results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what `recast validate` says of results, by item."""
    version: Any = SimpleNamespace(validation=items)
    return {found.item.name: found.verdict for found in validate(version, lambda *_: {"results": results})}
