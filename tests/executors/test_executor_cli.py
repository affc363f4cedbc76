"""`recast doctor` and `recast executors`."""

import json
import os

from recast.cli.app import run
from recast.machine.packages import install_here


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
    assert sorted(said["checks"][0]) == ["fix", "found", "name", "needed", "ok"]


def test_doctor_proves_what_it_says_unless_it_is_in_a_hurry(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    run(["doctor", "-o", "json"])
    out, err = capsys.readouterr()
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert "started a container; its limit of 100 MB held" in checks["bubblewrap"]["found"]
    assert "bubblewrap: starting a container" in err
    run(["doctor", "--quick", "-o", "json"])
    out, err = capsys.readouterr()
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert checks["bubblewrap"]["ok"]
    assert "held" not in checks["bubblewrap"]["found"]
    assert os.listdir(tmp_path) == []


def test_doctor_looks_at_what_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path))
    assert run(["doctor", "-o", "json", "free disk", "python"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [check["name"] for check in said["checks"]] == ["python", "free disk"]
    assert run(["doctor", "nonsense"]) == 2
    assert "Its checks are python, bubblewrap" in capsys.readouterr().err


def test_doctor_says_of_a_runtime_what_its_container_showed(monkeypatch, tmp_path):
    from recast.executors import machine
    from recast.operations.prove_runtime import Proof
    from recast.paths import places
    from recast.runtimes import Probe
    from recast.runtimes.bubblewrap import Bubblewrap

    monkeypatch.setenv("RECAST_HOME", str(tmp_path))
    monkeypatch.setattr(Bubblewrap, "probe", lambda self, *, trusted=False: Probe(True, "it is here"))
    monkeypatch.setattr(machine, "runtime_names", lambda: ["bubblewrap"])

    def told(proof):
        checks = machine.examine(places(), lambda runtime: proof)
        return {check.name: check for check in checks}

    good = told(Proof(True, "held", "it held"))
    assert (good["bubblewrap"].ok, good["bubblewrap"].found) == (True, "it is here; it held")
    assert good["container runtime"].ok
    for proof in (Proof(False, "unknown", "nothing came"), Proof(True, "broken", "it had 400 MB")):
        bad = told(proof)
        assert not bad["bubblewrap"].ok
        assert bad["bubblewrap"].fix
        assert not bad["container runtime"].ok


def test_doctor_names_the_line_that_mends_a_bare_machine(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("RECAST_HOME", "/proc/nowhere")
    assert run(["doctor"]) == 4
    out = capsys.readouterr().out
    assert install_here("bubblewrap").split()[-1] == "bubblewrap"
    assert install_here("bubblewrap") in out
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
