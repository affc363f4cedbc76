"""What a step leaves in its YAML file is a stranger's: it fails that step, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Recast

BOMB = "\n".join(["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"] + [
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
])  # fmt: skip

REFUSED: dict[str, tuple[bytes, str]] = {
    # name: content, what the reason holds beside the name of the file
    "date": (b"ok: 1\nwhen: 2020-01-31\n", "o.yml:2"),
    "timestamp": (b"when: 2020-01-31T10:00:00Z\n", "datetime"),
    "binary": (b"x: !!binary aGFsbG8=\n", "bytes"),
    "set": (b"x: !!set {a, b}\n", "set"),
    "omap": (b"x: !!omap [a: 1]\n", "tuple"),
    "date-key": (b"a:\n  2020-01-31: 1\n", "o.yml:2"),
    "binary-key": (b"!!binary aGFs: 1\n", "key"),
    "list-key": (b"? [a]\n: 1\n", "o.yml:1"),
    "two-keys": (b"1: a\n'1': b\n", "'1'"),
    "duplicate": (b"a: 1\na: 2\n", "twice"),
    "nan": (b"a:\n- 1\n- .nan\n", "o.yml:3"),
    "inf": (b"a: -.inf\n", "-inf"),
    "overflow": (b"a: 1.0e+999\n", "inf"),
    "bomb": (BOMB.encode(), "Aliases of aliases"),
    "text-bomb": (b"a: &a '" + b"x" * 100_000 + b"'\nb: [" + b"*a, " * 10_000 + b"]\n", "characters"),
    "itself": (b"a: &a [*a]\n", "inside its own anchor"),
    "huge-number": (b"a: " + b"9" * 5000 + b"\n", "5000 characters"),
    "base-60": (b"a: 1" + b":59" * 50_000 + b"\n", "characters"),
    "deep": (b"[" * 5000 + b"]" * 5000, "nested"),
    "deep-maps": (b"{a: " * 90 + b"1" + b"}" * 90, "nested"),
    "latin-1": (b"a: caf\xe9\n", "not UTF-8"),
    "surrogate": (b'a: "\\ud800"\n', "Unicode"),
    "json": (b'{"a": 1,,}', "o.yml:1"),
    "two-documents": (b"a: 1\n---\nb: 2\n", "more than one"),
    "python": (b"!!python/object/apply:os.system ['touch pwned']\n", "tag"),
    "nul": (b"a: \x00\n", "character"),
    "large": (b"a: '" + b"x" * (5 << 20) + b"'\n", "bytes"),
}
TAKEN: dict[str, tuple[bytes, Any]] = {
    "plain": (b"a: 1\n", {"a": 1}),
    "number-key": (b"{2: a, true: b, null: c, 1.5: d}\n", {"2": "a", "true": "b", "null": "c", "1.5": "d"}),
    "empty": (b"", None),
    "list": (b"[1, 2]\n", [1, 2]),
    "text": (b"hello\n", "hello"),
    "escapes": (b'a: "\\e[31m\\0"\n', {"a": "\x1b[31m\x00"}),
    "braces": (b"a: '{workdir} {0.__class__} {'\n", {"a": "{workdir} {0.__class__} {"}),
}


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def spec(folder: Path, names: list[str], command: str) -> Path:
    """Write a workflow with one step a name, and a step beside them that waits for nothing."""
    publisher = {"publisher_type": "fromyaml-pub", "yamlfile": "o.yml"}
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": {"environment_type": "localproc-env"},
        "publisher": publisher,
    }
    scheduler = {
        "scheduler_type": "multistep-stage",
        "parameters": {"n": names},
        "scatter": {"method": "zip", "parameters": ["n"]},
        "step": step,
    }
    folder.mkdir()
    stages = [{"name": "x", "dependencies": ["init"], "scheduler": scheduler}]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contents")
    for name, (content, _) in {**REFUSED, **TAKEN}.items():
        (folder / name).write_bytes(content)
    return folder


def test_what_a_step_leaves_fails_that_step_and_no_other(contents: Path, tmp_path: Path, recast: Recast) -> None:
    names = [*REFUSED, *TAKEN]
    made = spec(tmp_path / "spec", names, f"cp {contents}/{{n}} o.yml")
    ran = recast("run", "workflow.yml", "--toplevel", made, "--allow-host-process", "-q")
    assert "Traceback" not in ran.err
    assert ran.code == 1, ran.err
    shown = strict(recast("show", "last", "-o", "json").out)
    assert shown["state"] == "failed"
    for step, name in zip(shown["steps"][1:], names, strict=True):
        if name in TAKEN:
            assert (step["state"], step["published"]) == ("succeeded", TAKEN[name][1]), name
        else:
            assert step["state"] == "failed", name
            assert REFUSED[name][1] in step["reason"], (name, step["reason"])
            assert step["failure"] == "user", name
            assert "o.yml" in step["reason"]
    again = recast("resume", "last", "-q")
    assert (again.code, "Traceback" in again.err) == (1, False)


def test_what_is_no_file_of_that_name_fails_the_step(tmp_path: Path, recast: Recast) -> None:
    made = spec(tmp_path / "spec", ["folder", "link"], "if [ {n} = folder ]; then mkdir o.yml; touch o.yml/a; fi; "
                "if [ {n} = link ]; then ln -s /etc/passwd o.yml; fi")  # fmt: skip
    ran = recast("run", "workflow.yml", "--toplevel", made, "--allow-host-process", "-q")
    assert (ran.code, "Traceback" in ran.err) == (1, False), ran.err
    assert {step["state"] for step in strict(recast("show", "last", "-o", "json").out)["steps"][1:]} == {"failed"}


def test_a_journal_that_holds_what_is_refused_today_is_shown(tmp_path: Path, recast: Recast, home: Path) -> None:
    made = spec(tmp_path / "spec", ["a"], "echo 'x: 1.25' > o.yml")
    assert recast("run", "workflow.yml", "--toplevel", made, "--allow-host-process", "-q").code == 0
    journal = next(home.glob("runs/*/journal.sqlite"))
    with sqlite3.connect(journal) as database:
        database.execute("UPDATE events SET body = replace(body, '1.25', 'NaN')")
    database.close()
    assert strict(recast("show", "last", "-o", "json").out)["steps"][1]["published"] == {"x": None}
    cache = next(home.rglob("cache.sqlite"))
    with sqlite3.connect(cache) as database:
        database.execute("UPDATE steps SET body = replace(body, '1.25', 'NaN')")
    database.close()
    assert recast("run", "workflow.yml", "--toplevel", made, "--allow-host-process", "-q").code == 0
    step = strict(recast("show", "last", "-o", "json").out)["steps"][1]
    assert (step["published"], step["cached"]) == ({"x": 1.25}, False)


def test_a_run_that_a_date_once_destroyed_is_shown_and_goes_on(tmp_path: Path, recast: Recast, home: Path) -> None:
    """The driver died before it wrote what it could not write, and the outcome lies there still."""
    made = spec(tmp_path / "spec", ["a"], "echo 'when: 2020-01-31' > o.yml")
    assert recast("run", "workflow.yml", "--toplevel", made, "--allow-host-process", "-q").code == 1
    with sqlite3.connect(next(home.glob("runs/*/journal.sqlite"))) as database:
        database.execute("DELETE FROM events WHERE kind IN ('JobEnded', 'RunEnded')")
    database.close()
    assert strict(recast("show", "last", "-o", "json").out)["state"] == "interrupted"
    resumed = recast("resume", "last", "-q")
    assert (resumed.code, "Traceback" in resumed.err) == (1, False)
    (step,) = strict(recast("show", "last", "-o", "json").out)["steps"][1:]
    assert (step["state"], step["failure"], step["attempts"]) == ("failed", "user", 1)


def test_an_event_that_nobody_understands_is_said_in_words(tmp_path: Path, recast: Recast, home: Path) -> None:
    made = spec(tmp_path / "spec", ["a"], "echo 'x: 1' > o.yml")
    assert recast("run", "workflow.yml", "--toplevel", made, "--allow-host-process", "-q").code == 0
    journal = next(home.glob("runs/*/journal.sqlite"))
    for kind, body in (("Risen", "{}"), ("StepFailed", '{"step": 7}'), ("JobEnded", "[]"), ("JobEnded", '{"a')):
        with sqlite3.connect(journal) as database:
            database.execute("INSERT OR REPLACE INTO events VALUES (1000, ?, ?)", (kind, body))
        database.close()
        for command in ("show", "resume"):
            said = recast(command, "last")
            assert (said.code, "Traceback" in said.err) == (4, False), (command, kind, said.err)
            assert "journal" in said.err
