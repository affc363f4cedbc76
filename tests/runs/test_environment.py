"""The environment of jobs as their user says it: seen in the container, recorded, shown, counted by the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.images import ImageStore
from tests import busybox
from tests.cli.test_bad_input import told
from tests.conftest import Answer, Recast

PUBLISH = {"out": "{out}"}
OUT = {"out": "{workdir}/out"}


@pytest.fixture
def images(home: Path) -> tuple[str, str]:
    """The pinned image and another one."""
    store = ImageStore(home / "images")
    pinned = busybox.add_busybox(store)
    config = json.loads(store.blob_path(store.manifest(pinned).config.digest).read_bytes())
    config["config"]["Env"] = ["PATH=/bin", "FROM_IMAGE=another"]
    return pinned, store.add_image(config, list(store.manifest(pinned).layers))


def write(folder: Path, command: str, images: tuple[str, str], **options: object) -> Path:
    busybox.write_spec(folder, command, OUT, PUBLISH, **options)
    busybox.pin(folder, images[0])
    return folder


@pytest.fixture
def spec(tmp_path: Path, images: tuple[str, str]) -> Path:
    return write(tmp_path / "spec", "{{ env; ls /data; cat /data/events; }} > {out} 2>&1 || true", images)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "host data"
    folder.mkdir()
    (folder / "events").write_text("12 events\n")
    return folder


def ran(recast: Recast, spec: Path, workdir: Path, *arguments: object) -> Answer:
    answer = recast("run", "workflow.yml", "--toplevel", spec, "-q", "--workdir", workdir, *map(str, arguments))
    assert answer.code == 0, answer.err
    return answer


def output(workdir: Path) -> str:
    return (workdir / "work/work/out").read_text()


def shown(recast: Recast, workdir: Path) -> Any:
    return recast("show", workdir, "-o", "json").json


# variables and binds ------------------------------------------------------------------------------------------


def test_variables_and_binds_are_seen_in_the_container(recast: Recast, spec: Path, data: Path, tmp_path: Path) -> None:
    ran(recast, spec, tmp_path / "a", "--env", "SEED=4 2", "--env", "FROM_IMAGE=no", "--bind", f"{data}:/data")
    seen = output(tmp_path / "a")
    assert "SEED=4 2\n" in seen
    assert "FROM_IMAGE=no\n" in seen
    assert "12 events\n" in seen
    said = shown(recast, tmp_path / "a")["overrides"]["all"]
    assert said["env"] == {"SEED": "4 2", "FROM_IMAGE": "no"}
    assert [(bind["source"], bind["target"]) for bind in said["binds"]] == [(str(data), "/data")]
    table = recast("show", tmp_path / "a").out
    assert f"override all stages: bind {data}:/data" in table


def test_a_bind_is_read_only_unless_said(recast: Recast, images: tuple[str, str], data: Path, tmp_path: Path) -> None:
    spec = write(tmp_path / "spec", "echo more >> /data/events || true; cat /data/events > {out}", images)
    ran(recast, spec, tmp_path / "a", "--bind", f"{data}:/data")
    assert (data / "events").read_text() == "12 events\n"
    ran(recast, spec, tmp_path / "b", "--bind", f"{data}:/data:rw")
    assert (data / "events").read_text() == "12 events\nmore\n"
    ran(recast, spec, tmp_path / "c", "--bind", f"{data}/events:/data/events")
    assert output(tmp_path / "c") == "12 events\nmore\n"


def test_a_variable_counts_in_the_cache_and_a_bind_keeps_out_of_it(
    recast: Recast, spec: Path, data: Path, tmp_path: Path
) -> None:
    def cached(name: str, *arguments: object) -> bool:
        ran(recast, spec, tmp_path / name, *arguments)
        return bool(shown(recast, tmp_path / name)["steps"][-1]["cached"])

    assert not cached("a")
    assert cached("b")
    assert not cached("c", "--env", "SEED=1")
    assert cached("d", "--env", "SEED=1")
    assert not cached("e", "--bind", f"{data}:/data")
    assert not cached("f", "--bind", f"{data}:/data")
    assert "12 events" in output(tmp_path / "f")
    assert cached("g", "--memory", "4GB")
    plan = recast("plan", "workflow.yml", "--toplevel", spec, "--bind", f"{data}:/data", "-o", "json").json
    assert "--bind" in plan["steps"][-1]["reason"]


# resources ----------------------------------------------------------------------------------------------------


def test_resources_of_the_user_win_over_those_of_the_spec(
    recast: Recast, images: tuple[str, str], tmp_path: Path
) -> None:
    spec = write(tmp_path / "spec", "echo > {out}", images, memory_mb=100, walltime_s=50)
    arguments = ["--memory", "4GB", "--walltime", "2h", "--stage", "work:memory_mb=3000", "--stage", "work:cpus=0.5"]
    ran(recast, spec, tmp_path / "a", *arguments)
    step = shown(recast, tmp_path / "a")["steps"][-1]["id"]
    (attempt,) = recast("explain", tmp_path / "a", step, "-o", "json").json["attempts"]
    asked = attempt["asked"]
    assert (asked["memory_mb"], asked["walltime_s"], asked["cpus"], asked["gpus"]) == (3000, 7200, 0.5, 0)


def test_a_stage_of_a_sub_workflow_is_named_by_its_path(
    recast: Recast, images: tuple[str, str], tmp_path: Path
) -> None:
    spec = write(tmp_path / "spec", "env > {out}", images)
    inner = yaml.safe_load((spec / "workflow.yml").read_text())
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": {}, "workflow": inner}
    stages = [{"name": name, "dependencies": ["init"], "scheduler": scheduler} for name in ("one", "two")]
    (spec / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    ran(recast, spec, tmp_path / "a", "--stage", "work:env=A=all", "--stage", "two/work:env=A=near")
    steps = {step["id"]: step["job_id"] for step in shown(recast, tmp_path / "a")["steps"] if step["job_id"]}
    seen = {step.split("/")[1]: (tmp_path / "a/jobs" / job / "work/out").read_text() for step, job in steps.items()}
    assert "A=all\n" in seen["one"]
    assert "A=near\n" in seen["two"]


# images -------------------------------------------------------------------------------------------------------


def test_another_image_runs_and_nobody_overlooks_it(
    recast: Recast, spec: Path, images: tuple[str, str], tmp_path: Path
) -> None:
    other = images[1]
    ran(recast, spec, tmp_path / "pinned")
    again = f"{busybox.NAME}=elsewhere/busybox@{other}"
    answer = ran(recast, spec, tmp_path / "a", "--image-override", again)
    assert "warning" in answer.err and f"replaced by elsewhere/busybox@{other}" in answer.err
    assert "FROM_IMAGE=another\n" in output(tmp_path / "a")
    run = shown(recast, tmp_path / "a")
    step = run["steps"][-1]
    assert not step["cached"]
    assert (step["image"], step["image_run"]) == (f"elsewhere/busybox@{other}", other)
    assert run["overrides"] == {"images": {busybox.NAME: f"elsewhere/busybox@{other}"}}
    assert f"override image {busybox.NAME} is elsewhere/busybox@{other}" in recast("show", tmp_path / "a").out
    assert "replaced by" in recast("resume", tmp_path / "a").err
    planned = recast("plan", "workflow.yml", "--toplevel", spec, "--image-override", again)
    assert "replaced by" in planned.err


@pytest.mark.parametrize("executor", ["htcondor", "arc"])
def test_nodes_that_cannot_get_the_image_are_told_of_before_anything_exists(
    recast: Recast, spec: Path, home: Path, executor: str
) -> None:
    """An image that was built here, no registry, no CVMFS: no job of the run would ever start."""
    arguments = ["workflow.yml", "--toplevel", spec, "--workdir", home.parent / "run"]
    answer = recast("run", *arguments, "--executor", executor)
    assert answer.code == 4
    assert "Nodes cannot get the image" in answer.err
    assert f"--{executor}-image-registry HOST/REPOSITORY" in answer.err
    assert not (home.parent / "run").exists()


def test_a_gpu_is_not_asked_of_a_runtime_that_cannot_show_it(recast: Recast, spec: Path, home: Path) -> None:
    answer = recast("run", "workflow.yml", "--toplevel", spec, "--stage", "work:gpus=1", "--runtime", "bubblewrap")
    told(answer, 3, "bubblewrap cannot show a GPU", "--runtime apptainer")
    assert not (home / "runs").exists()


def test_the_doctor_says_which_files_are_in_force(recast: Recast, tmp_path: Path, monkeypatch: Any) -> None:
    site = tmp_path / "site.toml"
    site.write_text("most_cpus = 2\n")
    monkeypatch.setenv("RECAST_SITE", str(site))
    monkeypatch.setenv("RECAST_CONFIG", str(tmp_path / "config.toml"))
    checks = {check["name"]: check for check in recast("doctor", "-o", "json").json["checks"]}
    assert checks["site rules"]["ok"] is False  # the rules of the configuration count, and it is not there
    assert "config.toml" in checks["configuration"]["found"]
    (tmp_path / "config.toml").write_text('executor = "local"\n')
    checks = {check["name"]: check for check in recast("doctor", "-o", "json").json["checks"]}
    assert checks["site rules"]["found"] == f"{site} (1 rule)"
    assert checks["configuration"]["found"] == str(tmp_path / "config.toml")


# wrong words --------------------------------------------------------------------------------------------------

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--memory", "much"], "a size is a number and a unit"),
        (["--walltime", "soon"], "a time is written as"),
        (["--cpus", "0"], "not a number of cpus"),
        (["--gpus", "1.5"], "not a number of gpus"),
        (["--env", "1A=x"], "not a NAME=VALUE"),
        (["--env", "API_TOKEN=a8f5f167f44f4964e6c998dee827110c"], "looks like a secret"),
        (["--bind", "/data"], "not a SRC:DST[:rw]"),
        (["--bind", "/data:here"], "not a SRC:DST[:rw]"),
        (["--bind", "/data:/recast/run/x"], "Nothing can be bound at /recast/run/x"),
        (["--bind", "/data:/x/../proc/sys"], "Nothing can be bound at /proc/sys"),
        (["--bind", "/data:/recast"], "Nothing can be bound at /recast"),
        (["--stage", "wrk:memory=1GB"], "Did you mean work?"),
        (["--stage", "work=1GB"], "not a NAME:KEY=VALUE"),
        (["--stage", "work:speed=9"], "KEY is one of"),
        (["--image-override", f"{busybox.NAME}=x:latest"], "named by its digest"),
        (["--image-override", f"other=x@{DIGEST}"], "uses no image 'other'"),
    ],
)
def test_wrong_words_are_told_and_nothing_exists(
    arguments: list[str], words: str, recast: Recast, spec: Path, home: Path
) -> None:
    answer = recast("run", "workflow.yml", "--toplevel", spec, *arguments)
    told_ = answer.err
    assert answer.code == 2, told_
    assert words in told_
    assert "a8f5f167f44f" not in told_
    assert not (home / "runs").exists()


def test_a_spec_cannot_ask_for_binds(recast: Recast, spec: Path) -> None:
    file = spec / "workflow.yml"
    document = yaml.safe_load(file.read_text())
    for place in ("stage", "environment"):
        stage = document["stages"][0]
        where = stage if place == "stage" else stage["scheduler"]["step"]["environment"]
        where["recast"] = {"binds": ["/etc:/data"]}
        file.write_text(yaml.safe_dump(document))
        told(recast("run", "workflow.yml", "--toplevel", spec), 3, "binds")
        del where["recast"]


# the site -----------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "site.toml"
    monkeypatch.setenv("RECAST_SITE", str(file))
    return file


@pytest.mark.parametrize(
    ("rule", "arguments", "words"),
    [
        ("allow_network = false", ["--network"], "The network is not allowed here"),
        ('allow_binds = ["/cvmfs"]', ["--bind", "/etc:/data"], "/etc may not be bound"),
        ("allow_binds = false", ["--stage", "work:bind=/etc:/data"], "/etc may not be bound"),
        ('allow_binds = ["/et"]', ["--bind", "/etc:/data"], "/etc may not be bound"),
        ('allow_env = ["OMP_*"]', ["--env", "LD_PRELOAD=/x"], "LD_PRELOAD may not be set"),
        (
            "allow_image_override = false",
            ["--image-override", f"{busybox.NAME}=x@{DIGEST}"],
            "An image other than the pinned one",
        ),
        ("most_cpus = 2", ["--cpus", "4"], "asks for 4 of cpus"),
        ('most_memory = "4GB"', ["--memory", "8GB"], "asks for 8GB of memory"),
        ('most_walltime = "8h"', ["--stage", "work:walltime=1d"], "asks for 1d of walltime"),
        ('most_disk = "1GB"', [], "asks for 10GB of disk"),
        ("most_gpus = 0", ["--gpus", "1"], "asks for 1 of gpus"),
        ('runtimes = ["apptainer"]', ["--runtime", "bubblewrap"], "bubblewrap is not allowed here"),
    ],
)
@pytest.mark.parametrize("whose", ["site", "user"])
def test_what_the_site_forbids_is_refused_before_anything_exists(
    whose: str,
    rule: str,
    arguments: list[str],
    words: str,
    recast: Recast,
    spec: Path,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / f"{whose}.toml"
    file.write_text(f"\n{'[site]' if whose == 'user' else ''}\n{rule}\n")
    monkeypatch.setenv("RECAST_SITE" if whose == "site" else "RECAST_CONFIG", str(file))
    answer = recast("run", "workflow.yml", "--toplevel", spec, *arguments)
    told(answer, 5, words, f"{file}:3", rule.split(" ")[0])
    assert not (home / "runs").exists()


def test_a_spec_is_held_against_the_rules_too(
    recast: Recast, images: tuple[str, str], site: Path, tmp_path: Path
) -> None:
    site.write_text('most_memory = "4GB"\n')
    spec = write(tmp_path / "spec", "echo > {out}", images, memory_mb=5000)
    refused = recast("run", "workflow.yml", "--toplevel", spec)
    told(refused, 5, "Stage 'work' asks for 5GB of memory", "--stage work:memory=4GB", "workflow.yml:")
    ran(recast, spec, tmp_path / "a", "--stage", "work:memory=4GB")


def test_a_link_does_not_lead_out_of_what_is_allowed(
    recast: Recast, spec: Path, site: Path, data: Path, tmp_path: Path
) -> None:
    site.write_text(f"allow_binds = [{json.dumps(str(data))}]\n")
    (data / "out").symlink_to("/etc")
    told(recast("run", "workflow.yml", "--toplevel", spec, "--bind", f"{data}/out:/data"), 5, "may not be bound")
    told(recast("run", "workflow.yml", "--toplevel", spec, "--bind", f"{data}/../:/data"), 5, "may not be bound")
    ran(recast, spec, tmp_path / "a", "--bind", f"{data}:/data")


def test_a_site_that_allows_it_says_nothing(recast: Recast, spec: Path, site: Path, tmp_path: Path) -> None:
    site.write_text('allow_network = true\nallow_env = true\nmost_memory = "64GB"\nruntimes = ["bubblewrap"]\n')
    ran(recast, spec, tmp_path / "a", "--memory", "64GB", "--env", "A=1")


def test_a_site_file_with_a_wrong_rule(recast: Recast, spec: Path, site: Path) -> None:
    site.write_text('\nmost_memry = "1GB"\n')
    told(recast("run", "workflow.yml", "--toplevel", spec), 2, f"{site}:2 most_memry", "most_memory")
    site.write_text("allow_network = 1\n")
    told(recast("run", "workflow.yml", "--toplevel", spec), 2, f"{site}:1 allow_network", "true or false")


def test_a_site_names_its_cvmfs_and_credentials(site: Path, tmp_path: Path) -> None:
    from recast.site import this_site

    for name in ("cvmfs", "auth", "other"):
        (tmp_path / name / "x").mkdir(parents=True)
    site.write_text(f'cvmfs = "{tmp_path}/cvmfs"\ncredentials = "{tmp_path}/auth"\n')
    environ = {"RECAST_SITE": str(site), "RECAST_CONFIG": ""}
    assert this_site(environ).cvmfs == f"{tmp_path}/cvmfs"
    assert this_site(environ).provides == {"cvmfs", "grid-proxy", "kerberos"}
    assert this_site({**environ, "RECAST_CVMFS": f"{tmp_path}/other"}).cvmfs == f"{tmp_path}/other"


# defaults of the user -----------------------------------------------------------------------------------------


def test_the_configuration_has_defaults_of_run(
    recast: Recast, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    monkeypatch.setenv("RECAST_CONFIG", str(config))
    config.write_text('executor = "local"\n[run]\nmax_parallel = 3\ncache = false\n')
    monkeypatch.setenv("RECAST_RUN_RUNTIME", "bubblewrap")
    ran(recast, spec, tmp_path / "a", "--max-parallel", "2")
    request = json.loads((tmp_path / "a/request.json").read_text())
    assert (request["max_parallel"], request["use_cache"], request["runtime"]) == (2, False, "bubblewrap")
    config.write_text("[run]\nmax_paralel = 3\n")
    told(recast("run", "workflow.yml", "--toplevel", spec), 2, f"{config}:2 run.max_paralel", "max_parallel")
    config.write_text("executor = 'lokal'\n")
    told(recast("run", "workflow.yml", "--toplevel", spec), 2, "no executor 'lokal'")


def test_a_run_goes_on_only_within_the_rules_of_today(
    recast: Recast, images: tuple[str, str], site: Path, tmp_path: Path
) -> None:
    site.write_text('most_memory = "64GB"\n')
    spec = write(tmp_path / "spec", "false; echo > {out}; exit 1", images)
    assert recast("run", "workflow.yml", "--toplevel", spec, "-q", "--stage", "work:memory=8GB").code == 1
    site.write_text('most_memory = "4GB"\n')
    told(recast("resume", "last"), 5, "Stage 'work' asks for 8GB of memory")
    assert recast("show", "last", "-o", "json").json["state"] == "failed"
    site.write_text("")
    assert recast("resume", "last", "-q").code == 1
