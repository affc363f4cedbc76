"""What is asked of sbatch: words from jobs and settings, a script, an environment."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import ExecutorError, UsageError
from recast.executors.batch.system import Array
from recast.executors.slurm import SlurmSystem
from recast.executors.slurm.sbatch import client_environment, excluded, sbatch_words, script
from recast.executors.slurm.settings import SlurmSettings
from recast.jobs import ContainerJob, Resources


def array(**resources: int) -> Array:
    asked = Resources(**{"cpus": 1, "memory_mb": 1000, "walltime_s": 3600, **resources})
    job = ContainerJob("j", None, "true", None, "sh", "/recast/run/a", resources=asked)
    return Array("recast-run-1", Path("/runs/100%"), (job,) * 3, ("python3", "/runs/100%/worker.pyz", "node"))


def words(values: dict[str, object] | None = None, **resources: int) -> list[str]:
    return sbatch_words(array(**resources), SlurmSettings.of(values or {}))


def test_a_job_asks_for_what_it_needs_and_a_margin() -> None:
    said = words({"partition": "grid", "array_throttle": 50}, gpus=2, cpus=3)
    assert {"--array=0-2%50", "--job-name=recast-run-1", "--no-requeue", "--partition=grid"} <= set(said)
    assert {"--time=80", "--mem=1145M", "--cpus-per-task=3", "--gres=gpu:2"} <= set(said)
    assert "--output=/runs/100%%/engine/%A_%a.log" in said


def test_other_options_pass_if_they_are_not_ours() -> None:
    assert words({"options": "--licenses=cvmfs@db:2 --nice --comment='a b'"})[-3:] == [
        "--licenses=cvmfs@db:2",
        "--nice",
        "--comment=a b",
    ]


@pytest.mark.parametrize(
    "options", ["--array=0-9", "--wrap=evil", "--arr=1", "-p grid", "script.sh", "--requeue", "'", "--comment=a\nb"]
)
def test_options_that_would_break_it_are_refused(options: str) -> None:
    with pytest.raises(UsageError, match="options"):
        words({"options": options})


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="array_size"):
        words({"array_size": 0})


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=5))
def test_the_script_runs_exactly_the_command(arguments: list[str]) -> None:
    assert shlex.split(script(["x", *arguments]).replace("exec", "", 1))[4:-1] == arguments


def test_the_script_ends_with_the_index(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh"],
        input=script(["printf", "%s|", "a b", "$(id)", "'"]),
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": "17", "SLURM_JWT": "secret"},
        check=True,
    )
    assert done.stdout == "a b|$(id)|'|17|"


def test_secrets_and_stray_options_of_ours_do_not_reach_the_scheduler() -> None:
    ours = {"PATH": "/bin", "TOKEN": "s", "SBATCH_WAIT": "1", "SLURM_JOB_ID": "1", "SBATCH_ACCOUNT": "atlas"}
    env = client_environment(ours)
    assert env.keys() & ours.keys() == {"PATH", "SBATCH_ACCOUNT"}


def test_only_nodes_that_slurm_knows_are_excluded_and_never_all() -> None:
    nodes = {"n1": "n1", "n1.site": "n1", "n2": "n2"}
    assert excluded(["n1.site", "elsewhere", "n1"], nodes) == ["n1"]
    assert excluded(["n2.other.domain"], nodes) == ["n2"]
    assert excluded(["n1", "n2"], nodes) == []


def test_a_squeue_that_hangs_is_ended(tmp_path: Path) -> None:
    for name in ("scontrol", "squeue"):
        (tmp_path / name).write_text("#!/bin/sh\nsleep 1000 & wait\n")
        (tmp_path / name).chmod(0o755)
    engine = SlurmSystem({"command_timeout_s": 0.3}, {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    with pytest.raises(ExecutorError, match="scontrol") as caught:
        asyncio.run(engine.connect())
    assert "within 0.3 s" in caught.value.why


def test_no_slurm_here_says_so(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError) as caught:
        asyncio.run(SlurmSystem({}, {"PATH": str(tmp_path)}).connect())
    assert (caught.value.code, "scontrol" in caught.value.why) == ("executor", True)
