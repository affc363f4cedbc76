"""jq programs of a stranger: what they may, and what they find when they look around."""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.errors import InfrastructureError, SpecError
from recast.jq import JqProcess, jq, process
from tests.waiting import BOUND_S

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.fixture
def impatient() -> Iterator[JqProcess]:
    process = JqProcess(most_cpu_s=0.1)
    yield process
    process.close()


def test_all_outputs_come_back() -> None:
    assert jq(".[]", [1, "two", None]) == [1, "two", None]
    assert jq("empty", 1) == []


def test_as_text_gives_the_outputs_as_lines_of_json() -> None:
    assert jq(".[]", ["a", 1], as_text=True) == ['"a"\n1']


@settings(deadline=None, max_examples=50)
@given(JSON)
def test_values_pass_unchanged(value: object) -> None:
    assert jq(".", value) == [value]


@pytest.mark.parametrize("program", ["$ENV | del(.TZ)", "env | del(.TZ)"])
def test_it_sees_no_environment(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECAST_SECRET", "hunter2")
    process = JqProcess()
    assert process(program, None) == [{}]
    process.close()


@pytest.mark.parametrize("program", ["{", "now", 'import "x" as x; .', "error", "input", '1) | (include "x"; 1', "$x"])
def test_programs_that_fail_or_reach_out_are_errors(program: str) -> None:
    with pytest.raises(SpecError) as caught:
        jq(program, None)
    assert caught.value.code == "spec.jq"
    assert caught.value.why


@pytest.mark.parametrize("program", ["def f: f; f", "[range(infinite)]", "last(range(1e12))"])
def test_a_program_that_never_ends_is_stopped_and_the_next_one_runs(program: str, impatient: JqProcess) -> None:
    with pytest.raises(SpecError, match="fails"):
        impatient(program, None)
    assert impatient("1 + .", 1) == [2]


def test_a_large_value_passes(impatient: JqProcess) -> None:
    process = JqProcess()
    paths = [f"/recast/run/map_{i}/output.txt" for i in range(20_000)]
    assert process("length", paths) == [20_000]
    assert process(".", paths) == [paths]
    process.close()


SLOWLY = """
import runpy, sys, time
while time.process_time() < {seconds}:
    pass
runpy.run_path({child!r}, run_name="__main__")
"""


def test_a_slow_start_is_not_the_programs_fault(impatient: JqProcess, tmp_path: Path, monkeypatch: Any) -> None:
    """A slow machine needs a second of its processor before it knows jq: ten times what the program may take."""
    (tmp_path / "child.py").write_text(SLOWLY.format(seconds=1.0, child=str(process._CHILD)))
    monkeypatch.setattr(process, "_CHILD", tmp_path / "child.py")
    assert impatient(".a", {"a": 7}) == [7]


def test_a_slow_machine_has_as_much_more_time(impatient: JqProcess, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "child.py").write_text(SLOWLY.format(seconds=1.0, child=str(process._CHILD)))
    monkeypatch.setattr(process, "_CHILD", tmp_path / "child.py")
    with pytest.raises(SpecError, match="fails") as caught:
        impatient("last(range(1e12))", None)
    said = re.search(r"more than ([0-9.]+) s", caught.value.why or "")
    assert said is not None
    assert float(said[1]) >= 0.1 * 1.0 / process.QUICK_START_S


def test_a_process_that_does_not_start_is_not_the_specs_fault(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "child.py").write_text("raise SystemExit(1)")
    monkeypatch.setattr(process, "_CHILD", tmp_path / "child.py")
    with pytest.raises(InfrastructureError, match="cannot be started"):
        JqProcess()(".", None)


def test_a_machine_that_gives_no_time_is_not_the_specs_fault(monkeypatch: Any) -> None:
    jq = JqProcess()
    assert jq(".", 1) == [1]
    monkeypatch.setattr(process, "MOST_WALL_S", 0.0)
    with pytest.raises(InfrastructureError, match="gets too little CPU time"):
        jq("last(range(1e12))", None)
    monkeypatch.undo()
    assert jq(".", 1) == [1]
    jq.close()


def test_packages_that_come_by_pythonpath() -> None:
    """As in the software stacks that physicists load from CVMFS: the child is isolated and would not see them."""
    python = Path(sys.base_prefix) / "bin" / Path(os.path.realpath(sys.executable)).name
    code = Path(__file__).resolve().parents[2]
    env = {"PYTHONPATH": f"{code}:{site.getsitepackages()[0]}"}
    program = "from recast.jq import jq; print(jq('.a', {'a': 7}))"
    done = subprocess.run([python, "-c", program], env=env, capture_output=True, text=True, timeout=BOUND_S)
    assert done.stdout == "[7]\n", done.stderr
