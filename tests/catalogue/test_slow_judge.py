"""A machine on which Python takes its time: that is not the fault of the schema that is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.catalogue import judge_apart as apart
from recast.errors import InfrastructureError, InputError

CATASTROPHE = {"type": "string", "pattern": "^(a+)+$"}
SLOWLY = """
import runpy, sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "recast.inputs.faults":
            until = time.process_time() + {seconds}
            while time.process_time() < until:
                pass

sys.meta_path.insert(0, Slow())
runpy.run_path({child!r}, run_name="__main__")
"""


def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    (tmp_path / "child.py").write_text(SLOWLY.format(seconds=seconds, child=str(apart._CHILD)))
    monkeypatch.setattr(apart, "_CHILD", tmp_path / "child.py")


def test_slow_imports_are_not_the_schemas_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(tmp_path, monkeypatch, 1.5)
    assert apart.judge_schema(CATASTROPHE) == ""
    assert [fault.pointer for fault in apart.judge_inputs({"a": "b"}, {"properties": {"a": CATASTROPHE}})] == ["/a"]


def test_what_hangs_is_given_up_there_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(tmp_path, monkeypatch, 0.5)
    with pytest.raises(InputError, match="cannot be checked"):
        apart.judge_inputs({"a": "a" * 60 + "b"}, {"properties": {"a": CATASTROPHE}})


def test_a_judge_that_does_not_start_is_not_the_schemas_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "child.py").write_text("import nowhere")
    monkeypatch.setattr(apart, "_CHILD", tmp_path / "child.py")
    with pytest.raises(InfrastructureError, match="does not work") as caught:
        apart.judge_schema(CATASTROPHE)
    assert "nowhere" in (caught.value.why or "")
