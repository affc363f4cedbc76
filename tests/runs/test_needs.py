"""What a step needs of its site: refused where it is not to be had, lent where it is, hidden from the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.images import ImageStore
from recast.site import this_site
from recast.spec.needs import bounds_of, needs_of, unknown_resources
from tests import busybox
from tests.conftest import Recast


@pytest.fixture
def spec(tmp_path: Path, home: Path) -> Path:
    command = "{{ cat /cvmfs/sw/version; cat /recast_auth/key; echo $KRB_SETUP_SCRIPT; ls /; }} > {out} 2>&1"
    folder = busybox.write_spec(tmp_path / "spec", command, {"out": "{workdir}/out"}, {"out": "{out}"})
    busybox.pin(folder, busybox.add_busybox(ImageStore(home / "images")))
    return folder


def with_resources(spec: Path, resources: list[Any]) -> Path:
    file = spec / "workflow.yml"
    document = yaml.safe_load(file.read_text())
    document["stages"][0]["scheduler"]["step"]["environment"]["resources"] = resources
    file.write_text(yaml.safe_dump(document))
    return spec


@pytest.mark.parametrize(
    ("resource", "need"), [("CVMFS", "cvmfs"), ({"kerberos": True}, "kerberos"), ("GRIDProxy", "grid-proxy")]
)
def test_a_run_is_refused_where_the_site_lacks_something(
    resource: Any, need: str, spec: Path, recast: Recast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECAST_CVMFS", "/none")
    ran = recast("run", "workflow.yml", "--toplevel", with_resources(spec, [resource]), "-q")
    assert ran.code == 4
    assert f"A step needs {need}, which is not available here" in ran.err


def test_what_the_site_has_is_lent_to_jobs_that_ask(
    spec: Path, recast: Recast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cvmfs/sw").mkdir(parents=True)
    (tmp_path / "cvmfs/sw/version").write_text("22.0\n")
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth/key").write_text("sesame\n")
    monkeypatch.setenv("RECAST_CVMFS", str(tmp_path / "cvmfs"))
    monkeypatch.setenv("RECAST_CREDENTIALS", str(tmp_path / "auth"))
    shown = {}
    for name, resources in {"none": [], "both": ["CVMFS", "KRB5Auth"]}.items():
        folder = with_resources(spec, resources)
        ran = recast("run", "workflow.yml", "--toplevel", folder, "-q", "--workdir", tmp_path / name)
        assert ran.code == 0, ran.err
        shown[name] = (tmp_path / name / "work/work/out").read_text()
    assert "22.0\nsesame\n/recast_auth/getkrb.sh\n" in shown["both"]
    assert "22.0" not in shown["none"]
    assert "sesame" not in shown["none"]


def test_this_site_has_only_folders_with_something_in_them(tmp_path: Path) -> None:
    assert this_site({"RECAST_CVMFS": str(tmp_path), "RECAST_CREDENTIALS": ""}).provides == frozenset()
    (tmp_path / "x").mkdir()
    assert this_site({"RECAST_CVMFS": str(tmp_path)}).provides == {"cvmfs"}


def test_resources_as_real_specs_write_them() -> None:
    resources = ["CVMFS", {"kerberos": True}, {"voms_proxy": True}, {"compute_backend": "slurmcern"}, {"odd": 1}]
    assert needs_of(resources) == ("cvmfs", "grid-proxy", "kerberos")
    assert unknown_resources(resources) == ["odd"]
    assert needs_of([{"kerberos": False}]) == ()


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ({"kubernetes_memory_limit": "256Mi"}, {"memory_mb": 269}),
        ({"kubernetes_memory_limit": "8G"}, {"memory_mb": 8000}),
        ({"htcondor_max_runtime": "espresso"}, {"walltime_s": 1200}),
        ({"htcondor_max_runtime": 3600}, {"walltime_s": 3600}),
        ({"slurm_time": "1-02:30:00"}, {"walltime_s": 95_400}),
        ({"kubernetes_memory_limit": "much"}, {}),
    ],
)
def test_hints_for_reana_become_bounds(hint: dict[str, Any], expected: dict[str, int]) -> None:
    assert bounds_of([hint]) == expected
