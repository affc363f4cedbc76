"""`recast doctor` and `recast executors`."""

import json
import os

from recast.cli.app import run


def test_doctor_tells_what_is_here(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    code = run(["doctor", "-o", "json"])
    said = json.loads(capsys.readouterr().out)
    assert code == (0 if said["ok"] else 4)
    assert said["state_dir"] == str(tmp_path / "home")
    assert said["image_store"] == str(tmp_path / "home/images")
    assert said["catalogue_store"] == str(tmp_path / "home/catalogue")
    checks = {check["name"]: check for check in said["checks"]}
    assert {"python", "bubblewrap", "podman", "mmdebstrap", "buildah", "skopeo", "free disk"} <= set(checks)
    assert all(check["fix"] for check in checks.values() if not check["ok"])
    assert not (tmp_path / "home").exists()


def test_doctor_names_the_line_that_mends_a_bare_machine(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("RECAST_HOME", "/proc/nowhere")
    assert run(["doctor"]) == 4
    out = capsys.readouterr().out
    assert "apt-get install -y --no-install-recommends bubblewrap" in out
    assert "export RECAST_HOME=" in out
    assert run(["doctor", "-o", "json"]) == 4
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    missing = {check["name"] for check in said["checks"] if check["needed"] and not check["ok"]}
    assert {"container runtime", "state folder"} <= missing


def test_executors_are_listed(capsys):
    assert run(["executors", "ls", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["executors"]
    by_name = {row["name"]: row for row in rows}
    assert {"arc", "htcondor", "local", "slurm"} <= set(by_name)
    assert by_name["local"]["outlives_driver"] is False


def test_an_executor_is_tried(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path))
    assert run(["executors", "check", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert run(["executors", "check", "cloud"]) == 2
    assert os.listdir(tmp_path) == []
