"""Steps in real containers that go wrong, and hosts that lack something: told in full, and `resume` ends the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recast.images import ImageStore
from tests.busybox import add_busybox, pin, write_spec
from tests.cli.test_bad_input import told
from tests.conftest import Recast
from tests.waiting import BOUND_S

OUT = {"out": "{workdir}/out.txt"}
PUBLISH = {"out": "{out}"}


@pytest.fixture
def image(home: Path) -> str:
    return add_busybox(ImageStore(home / "images"))


def written(folder: Path, image: str, command: str, **options: object) -> Path:
    spec = write_spec(folder / "spec", command, OUT, PUBLISH, **options)
    pin(spec, image)
    return spec


def run(recast: Recast, spec: Path, *more: str):
    return recast("run", "workflow.yml", "--toplevel", spec, *more)


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("echo before; exit 3", {}, ["exit code 3", "before", "/log"]),
        ("echo before; kill -SEGV $$", {}, ["SIGSEGV", "before"]),
        ("echo hello > elsewhere.txt", {}, ["out.txt", "left no"]),
        ("ln -s /etc/passwd {out}", {}, ["out.txt", "link"]),
        ("sleep 600", {"walltime_s": 1}, ["walltime"]),
        ("awk 'BEGIN {{ s = \"x\"; while (1) s = s s }}'", {"memory_mb": 50}, ["memory"]),
    ],
)
def test_a_step_that_fails_is_told_in_full(recast: Recast, tmp_path: Path, image: str, command, options, words) -> None:
    answer = run(recast, written(tmp_path, image, command, **options))
    told(answer, 1, "Step /work/0 failed", "recast resume", *words)
    shown = recast("show", "last", "-o", "json").json
    assert (shown["state"], shown["steps"][1]["state"]) == ("failed", "failed")
    assert Path(shown["steps"][1]["log"]).exists()


def test_the_container_sees_nothing_of_the_host(recast: Recast, tmp_path: Path, image: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret")
    command = (
        f"( cat {secret} || ls {tmp_path} || echo x > /bin/x || echo x > /recast/run/x"
        " || wget -T 2 http://127.0.0.1 || ls /sys/class ) > {out} 2>&1; ls / >> {out}; id -u; env"
    )
    answer = run(recast, written(tmp_path, image, command))
    assert answer.code == 0, answer.err
    step = recast("show", "last", "-o", "json").json["steps"][1]
    out = (Path(step["log"]).parent / "work/out.txt").read_text()
    assert "top secret" not in out
    assert out.split()[-6:] == ["bin", "dev", "etc", "proc", "recast", "tmp"]
    log = Path(step["log"]).read_text()
    assert "FROM_IMAGE=yes" in log
    assert "RECAST_HOME" not in log
    assert step["image_run"] == image
    assert step["image"].endswith(image)


@pytest.mark.podman
def test_the_same_image_runs_with_podman(recast: Recast, tmp_path: Path, image: str) -> None:
    spec = written(tmp_path, image, "echo hello > {out}")
    answer = run(recast, spec, "--runtime", "podman")
    assert answer.code == 0, answer.err
    step = recast("show", "last", "-o", "json").json["steps"][1]
    assert (step["runtime"], step["image_run"]) == ("podman", image)


def test_a_tampered_image_runs_nothing_and_resume_goes_on(
    recast: Recast, tmp_path: Path, home: Path, image: str
) -> None:
    spec = written(tmp_path, image, "echo hello > {out}")
    store = ImageStore(home / "images")
    layer = store.manifest(image).layers[0].digest
    path = store.blob_path(layer)
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(good[:-20] + bytes([good[-20] ^ 1]) + good[-19:])
    told(run(recast, spec), 4, layer[:19])
    verified = recast("image", "verify")
    told(verified, 1, layer)
    path.write_bytes(good)
    assert recast("resume", "last").code == 0


def test_no_bubblewrap(recast: Recast, tmp_path: Path, image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = written(tmp_path, image, "echo hello > {out}")
    monkeypatch.setenv("PATH", str(tmp_path))
    told(run(recast, spec, "--runtime", "bubblewrap"), 4, "apt-get install", "bubblewrap")
    monkeypatch.undo()


FULL_DISK = """
set -u
mount -t tmpfs -o size=SIZE tmpfs "$PLACE"
"$PYTHON" -m recast run workflow.yml --toplevel "$SPEC" -q
echo "first: $?" >&2
mount -o remount,size=200m "$PLACE"
"$PYTHON" -m recast resume last -q
echo "second: $?" >&2
"""

READ_ONLY = """
set -u
mount --bind "$PLACE" "$PLACE"
mount -o remount,ro,bind "$PLACE"
"$PYTHON" -m recast run workflow.yml --toplevel "$SPEC" -q
echo "first: $?" >&2
mount -o remount,rw,bind "$PLACE"
"$PYTHON" -m recast run workflow.yml --toplevel "$SPEC" -q
echo "second: $?" >&2
"""


def in_mounts(script: str, place: Path, spec: Path, home: Path) -> str:
    """Run a script in a mount namespace of its own; return what it said on stderr."""
    place.mkdir(parents=True, exist_ok=True)
    variables = {"PLACE": str(place), "SPEC": str(spec), "RECAST_HOME": str(home), "PYTHON": sys.executable}
    unshare = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"]), "sh", "-c", script]
    done = subprocess.run(unshare, env={**os.environ, **variables}, capture_output=True, text=True, timeout=BOUND_S)
    return done.stderr


@pytest.mark.parametrize("place", ["runs", "artifacts"])
def test_a_full_disk_loses_nothing(tmp_path: Path, home: Path, image: str, place: str) -> None:
    spec = written(tmp_path, image, "dd if=/dev/zero of={out} bs=1M count=20")
    size = "2m" if place == "artifacts" else "10m"
    said = in_mounts(FULL_DISK.replace("SIZE", size), home / place, spec, home)
    assert "first: 4" in said, said
    assert "o space left" in said or "disk" in said
    assert "second: 0" in said, said


@pytest.mark.parametrize("place", ["runs", "artifacts"])
def test_a_read_only_store(tmp_path: Path, home: Path, image: str, place: str) -> None:
    shutil.rmtree(home / place, ignore_errors=True)
    spec = written(tmp_path, image, "echo hello > {out}")
    said = in_mounts(READ_ONLY, home / place, spec, home)
    assert "first: 4" in said, said
    assert "ead-only" in said or "readonly" in said
    assert "second: 0" in said, said
