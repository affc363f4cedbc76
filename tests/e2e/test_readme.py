"""README as it stands: the demo in a home of its own, then every line of its `sh` blocks, typed in their order.

What stands in `text` blocks has names that are the reader's: those lines are parsed, and what they do is run elsewhere,
as the table says. Two lines take minutes; they are planned here, and run elsewhere.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from recast.cli.app import recast
from tests.conftest import ROOT
from tests.waiting import BOUND_S

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(sh|text)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
TYPED = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if line.strip()]
SHOWN = [line for kind, block in BLOCKS if kind == "text" for line in block.splitlines() if line.strip()]
PLANNED = {
    "recast scan atlas-susy-2019-08": "recast plan atlas-susy-2019-08 --example plane",  # run: tests/scans
    "recast run atlas-susy-2018-22 --example demo": "recast plan atlas-susy-2018-22 --example demo",
    # run: tests/e2e/test_atlas_susy_2018_22.py
}
RUN_ELSEWHERE = {
    "-p slha=@MY.slha": "tests/e2e/test_atlas_susy_2018_22.py",
    "--executor slurm": "tests/e2e/test_grid.py",
    "recast submit": "tests/e2e/test_submit_everywhere.py",
    "recast run ENTRY.yml": "tests/catalogue/test_drafts.py",
    "--export ro-crate": "tests/provenance/test_rerun.py",
    "recast run CRATE": "tests/provenance/test_rerun.py",
    "recast shell": "tests/runs/test_shell.py",
    "recast image load": "tests/registry/test_load.py",
    "recast catalogue add": "tests/catalogue/test_imported.py",
    "recast publish ANALYSIS --to oci://": "tests/catalogue/test_to_registry.py",
    "recast run oci://": "tests/e2e/test_two_machines.py",
    "--toplevel github:": "tests/remote/test_toplevel.py",
    "recast serve": "tests/service/test_serve.py",
    "recast login": "tests/cli/desk/test_tokens.py",
    "recast request": "tests/e2e/test_desk_road.py",
}


def command(line: str) -> str:
    """Return a line without its comment."""
    return re.sub(r"\s+#.*", "", line).strip()


def parsed(words: list[str]) -> click.Context:
    """Parse a command line as `recast` does, down to the command that it means; raise what a wrong one raises."""
    group: click.Command = recast
    context = group.make_context("recast", words)
    while isinstance(group, click.Group) and context._protected_args:
        name, found, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        group, context = found, found.make_context(name, rest, parent=context)
    return context


@pytest.mark.parametrize("line", SHOWN)
def test_a_line_with_names_of_the_readers_is_a_command(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ARCHIVE", "INPUT.yml", "WORKFLOW.yml", "MY.slha", "request.yml", "answer.json", "service.pub"):
        Path(name).touch()
    where = [place for part, place in RUN_ELSEWHERE.items() if part in line]
    assert where and (ROOT / where[0]).is_file(), line
    assert parsed(shlex.split(command(line))[1:]).params


def test_a_wrong_line_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        parsed(["run", "x", "--no-such-option"])
    with pytest.raises(click.UsageError):
        parsed(["catalogue", "no-such-command"])


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout as `make demo` leaves it, which takes what the reader makes."""
    folder = tmp_path_factory.mktemp("readme") / "checkout"
    folder.mkdir()
    for name in (".venv", "catalogue", "scripts", "specs", "tests"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").unlink()
    (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return folder


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECAST_", "XDG_"))}
    images = os.environ.get("RECAST_TEST_IMAGES") or str(ROOT / ".cache/images")
    home = str(tmp_path_factory.mktemp("home"))
    path = ":".join(it for it in kept["PATH"].split(":") if not (Path(it) / "recast").exists())
    return {**kept, "HOME": home, "RECAST_IMAGE_STORE": images, "RECAST_SITE": "", "RECAST_CONFIG": "", "PATH": path}


def typed(lines: list[str], checkout: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Type lines into one shell; it stops at the first that fails, and shows each before it runs."""
    return subprocess.run(
        ["bash", "-euvo", "pipefail", "-c", "\n".join(lines)], cwd=checkout, env=environ, text=True, timeout=BOUND_S,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.slow
def test_every_line_after_the_demo(checkout: Path, environ: dict[str, str]) -> None:
    demo = 'USER_PATH="$PATH" PATH="$PWD/.venv/bin:$PATH" ./scripts/demo'
    assert (
        demo.replace("$PWD", "$(CURDIR)")
        .replace('"$PATH"', '"$$PATH"')
        .replace(":$PATH", ":$$PATH")
        .replace(".venv", "$(VENV)")
        in (ROOT / "Makefile").read_text()
    ), "what is typed here is what make demo types"
    shown = typed([demo], checkout, environ)
    assert shown.returncode == 0, shown.stdout
    assert f'export PATH="{checkout}/.venv/bin:$PATH"' in shown.stdout
    assert next((checkout / "demo-out").glob("*.png")).read_bytes().startswith(b"\x89PNG")

    lines = [command(line) for line in TYPED if not line.startswith("make ")]
    assert set(PLANNED) <= set(lines)
    done = typed([PLANNED.get(line, line) for line in lines], checkout, environ)
    assert done.returncode == 0, done.stdout
    assert "Excluded at 95% CL" in done.stdout
    for name in ("mine.yml", "run.svg", "susy.oci.tar"):
        assert (checkout / name).stat().st_size
    for line in PLANNED:
        parsed(shlex.split(line)[1:])
