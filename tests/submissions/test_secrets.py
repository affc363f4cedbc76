"""A secret goes by its name: its value is in the job, and nowhere else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.images import ImageStore
from recast.jobs import ContainerJob, SecretWish, Wishes
from recast.runtimes.apptainer import Apptainer
from recast.runtimes.bubblewrap import Bubblewrap
from recast.runtimes.podman import Podman
from recast.runtimes.protocol import Runtime, Sandbox
from recast.worker.failure import Failure
from recast.worker.secrets import blot_out, read_secrets
from tests import busybox
from tests.conftest import Recast

IMAGE = busybox.NAME


@pytest.fixture
def canary(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A secret of the user's that looks like none."""
    busybox.add_busybox(ImageStore(home / "images"))
    folder = tmp_path / "secrets"
    folder.mkdir(0o700)
    monkeypatch.setenv("RECAST_SECRETS", str(folder))
    value = f"canary {uuid.uuid4().hex}"
    (folder / "EOS").write_text(value + "\n")
    (folder / "EOS").chmod(0o600)
    return value


def holding(folder: Path, text: str) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and text.encode() in path.read_bytes():
            yield str(path.relative_to(folder))


def test_its_value_is_nowhere_but_in_the_job(recast: Recast, home: Path, tmp_path: Path, canary: str) -> None:
    script = (
        'echo "it is $T"; cat /recast_secrets/EOS; echo "$T" | wc -c > size; '
        "cat /proc/[0-9]*/cmdline > argv; cat /proc/1/environ > environ; exit 0"
    )
    kept = [word for name in ("size", "argv", "environ") for word in ("--output", name)]
    answer = recast("submit", IMAGE, "-q", "--secret", "EOS=T", *kept, "--", "sh", "-c", script)
    assert answer.code == 0, answer.err
    results = {
        Path(item["path"]).name: item["path"] for item in recast("results", "last", "-o", "json").json["results"]
    }
    assert int(Path(results["size"]).read_text()) == len(canary) + 1
    assert recast("logs", "last").out == f"it is {'*' * len(canary)}\n{'*' * len(canary)}\n"
    crate = recast("results", "last", "--export", "ro-crate", tmp_path / "crate")
    assert crate.code == 0, crate.err
    assert list(holding(home, canary)) == []
    assert list(holding(tmp_path / "crate", canary)) == []
    for command in ("show", "status", "explain", "results"):
        words = [command, "last", *(["/job/0"] if command == "explain" else []), "-o", "json"]
        told = recast(*words)
        assert canary not in told.out + told.err
    assert "secrets EOS=T" in recast("show", "last").out


def test_a_failed_job_leaves_nothing_of_it_in_its_message(recast: Recast, home: Path, canary: str) -> None:
    answer = recast("submit", IMAGE, "-q", "--secret", "EOS=T", "--", "sh", "-c", 'echo "refused: $T"; exit 3')
    assert answer.code == 1
    assert canary not in answer.out + answer.err
    assert list(holding(home, canary)) == []


def test_a_log_that_nobody_has_cleaned_yet_is_shown_without_it(recast: Recast, home: Path, canary: str) -> None:
    answer = recast("submit", IMAGE, "-q", "--secret", "EOS", "--", "true")
    assert answer.code == 0, answer.err
    (log,) = (home / "runs").glob("*/jobs/*/log")
    log.write_text(f"it is {canary}, says a job that still runs")
    assert recast("logs", "last").out == f"it is {'*' * len(canary)}, says a job that still runs"
    assert recast("logs", "last", "--raw").out.count("*") == len(canary)


def test_one_that_others_can_read_is_not_handed_on(recast: Recast, tmp_path: Path, canary: str) -> None:
    (tmp_path / "secrets/EOS").chmod(0o644)
    for name, said in (("EOS", "Others can read the secret"), ("NONE", "There is no secret")):
        answer = recast("submit", IMAGE, "-q", "--secret", name, "--", "true")
        assert answer.code in (5, 6), answer.err
        assert said in answer.err
        assert canary not in answer.err


def test_one_that_is_gone_keeps_a_run_from_going_on(recast: Recast, tmp_path: Path, canary: str) -> None:
    assert recast("submit", IMAGE, "-q", "--secret", "EOS", "--", "false").code == 1
    (tmp_path / "secrets/EOS").unlink()
    answer = recast("resume", "last")
    assert answer.code == 6
    assert "There is no secret 'EOS'" in answer.err


def test_a_site_may_forbid_it(recast: Recast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, canary: str) -> None:
    (tmp_path / "site.toml").write_text('allow_secrets = ["GRID_*"]\nallow_container_args = false\n')
    monkeypatch.setenv("RECAST_SITE", str(tmp_path / "site.toml"))
    for words in (["--secret", "EOS"], ["--container-arg", "shm-size=1MB"]):
        answer = recast("submit", IMAGE, *words, "--", "true")
        assert answer.code == 5, answer.err
        assert "is not allowed here" in answer.err
    assert not (tmp_path / "home/runs").exists()


def test_a_grid_that_cannot_have_it_refuses(recast: Recast, canary: str) -> None:
    for executor in ("htcondor", "arc"):
        answer = recast("submit", IMAGE, "--executor", executor, "--secret", "EOS", "--dry-run", "--", "true")
        assert answer.code == 2
        assert f"The executor {executor} cannot grant --secret" in answer.err


@pytest.mark.parametrize("runtime", [Bubblewrap(), Podman([]), Apptainer()], ids=lambda it: it.name)
@pytest.mark.parametrize("script", [None, "true"])
def test_every_runtime_shows_the_file_and_names_no_value(runtime: Runtime, script: str | None) -> None:
    wishes = Wishes(secrets=(SecretWish("EOS", "T"), SecretWish("DB")))
    command = "true" if script is None else None
    job = ContainerJob("j", "sha256:" + "0" * 64, command, script, "python3 -", "/recast/run/x", wishes=wishes)
    argv = runtime.argv(job, Sandbox("image", "/work", "/in", secrets="/home/me/secrets"))
    said = " ".join(argv)
    for name in ("EOS", "DB"):
        assert f"/home/me/secrets/{name}" in said
        assert f"/recast_secrets/{name}" in said
    assert 'T="$(cat /recast_secrets/EOS)" && export T || exit 1' in said
    assert "RECAST_SECRETS=/recast_secrets" in said.replace("RECAST_SECRETS /", "RECAST_SECRETS=/")
    assert argv[-1] == ("-" if script else argv[-1])


def test_the_log_keeps_its_length(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"  first line\nsecond line\nab\n")
    (tmp_path / "two").write_bytes(b"first")
    found = read_secrets([str(tmp_path / "one"), str(tmp_path / "two")])
    assert found == [b"first line\nsecond line\nab", b"second line", b"first line", b"first"]
    log = tmp_path / "log"
    text = b"x first line\nsecond line\nab y second line z firstfirst ab\n"
    log.write_bytes(text)
    blot_out(str(log), found)
    assert log.read_bytes() == b"x " + b"*" * 25 + b" y *********** z ********** ab\n"
    for name in ("empty", "none"):
        if name == "empty":
            (tmp_path / name).write_bytes(b"")
        blot_out(str(tmp_path / name), found)
    with pytest.raises(Failure, match="the secret none cannot be read here"):
        read_secrets([str(tmp_path / "none")])
