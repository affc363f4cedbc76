"""From a job to an argv: the promises that can be read off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import RuntimeUnavailable, SpecError, UsageError
from recast.jobs import Artifact, Bind, ContainerJob, Resources
from recast.runtimes import Probe, Sandbox, choice, choose_runtime, runtime_by_name, runtime_names
from recast.runtimes.bubblewrap import Bubblewrap
from recast.runtimes.docker import Docker
from recast.runtimes.docker_daemon import Daemon
from recast.runtimes.gpus import can_run
from recast.runtimes.podman import Podman, needed_flags

SANDBOX = Sandbox(image="/images/abc", work="/run dir/jobs/j/work", inputs="/run dir/jobs/j/in")
INPUT = Artifact("/recast/run/init/0", "sha256:" + "a" * 64, 1)
KNOWN = {"podman": Podman([]), "docker": Docker(Daemon("20.10.24"))}
RUNTIMES = [KNOWN.get(name) or runtime_by_name(name) for name in runtime_names()]
every_runtime = pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.name)


def job(**changed):
    values = {
        "job_id": "run.map.0.1",
        "image": "sha256:" + "0" * 64,
        "command": "echo 'a b' > x; ls",
        "script": None,
        "interpreter": "sh",
        "workdir": "/recast/run/map/0",
        "env": {"A": "1,2", "B": "x=y z"},
        "resources": Resources(cpus=1.5, memory_mb=300, disk_mb=1000, walltime_s=60),
    }
    return ContainerJob(**{**values, **changed})


@every_runtime
def test_the_payload_is_the_last_of_the_argv_and_one_word(runtime):
    argv = runtime.argv(job(), SANDBOX)
    assert argv[-2:] == ["-c", "echo 'a b' > x; ls"]
    assert runtime.argv(job(command=None, script="x", interpreter="bash -eu"), SANDBOX)[-1] == "-eu"
    with pytest.raises(SpecError):
        runtime.argv(job(command=None, script="x", interpreter="bash 'open"), SANDBOX)


@every_runtime
def test_the_argv_does_not_grow_with_the_inputs(runtime):
    many = tuple(Artifact(f"/recast/run/init/{n}", "sha256:" + "a" * 64, 1) for n in range(1000))
    assert runtime.argv(job(inputs=many), SANDBOX) == runtime.argv(job(inputs=(INPUT,)), SANDBOX)


@every_runtime
def test_the_network_is_off_unless_asked_for(runtime):
    closed, opened = (" ".join(runtime.argv(job(network=network), SANDBOX)) for network in (False, True))
    off, on = {
        "bubblewrap": ("--unshare-all --unshare-user", "--share-net"),
        "podman": ("--network=none", "--network=host"),
        "docker": ("--network=none", "--network=host"),
        "apptainer": ("--net --network none", ""),
    }[runtime.name]
    assert off in closed and off not in opened
    assert on in opened


@every_runtime
def test_inputs_come_first_and_read_only_then_the_work_folder(runtime):
    words = runtime.argv(job(inputs=(INPUT,)), SANDBOX)
    first = next(i for i, word in enumerate(words) if SANDBOX.inputs in word)
    second = next(i for i, word in enumerate(words) if SANDBOX.work in word)
    assert first < second
    assert words[first].endswith((",ro", ",readonly")) or words[first - 1] == "--ro-bind"
    assert not words[second].endswith((",ro", ",readonly")) and words[second - 1] != "--ro-bind"


@every_runtime
def test_a_container_can_be_told_apart_and_cleaned_up(runtime):
    launch = runtime.launch(job(), SANDBOX)
    entry = launch.as_json(runtime.name)
    assert entry["argv"] == runtime.argv(job(), SANDBOX)
    assert list(launch.cleanup) == runtime.cleanup("run.map.0.1")
    if launch.own_limits:
        assert launch.cleanup[-1] == "recast-run.map.0.1"
        assert "recast-run.map.0.1" in entry["argv"]


@every_runtime
def test_binds_are_read_only_unless_said_and_come_after_the_run(runtime):
    binds = (Bind("/a/b", "/data/deep"), Bind("/rw", "/data", writable=True))
    words = runtime.argv(job(binds=binds), SANDBOX)
    where = {
        source: next(i for i, word in enumerate(words) if source in word.replace("source=", "").split(","))
        for source in ("/a/b", "/rw")
    }
    assert where["/rw"] < where["/a/b"]  # what lies deeper is mounted later, or it would be hidden
    is_fixed = [words[i].endswith((",ro", ",readonly")) or words[i - 1] == "--ro-bind" for i in where.values()]
    assert is_fixed == [True, False]


def test_gpus_are_shown_by_those_that_can():
    wants = job(resources=Resources(gpus=2))
    assert "--nv" in runtime_by_name("apptainer").argv(wants, SANDBOX)
    assert "--gpus=2" in KNOWN["docker"].argv(wants, SANDBOX)
    podman = Podman([]).argv(wants, SANDBOX)
    assert [word for word in podman if "gpu" in word] == ["--device=nvidia.com/gpu=0", "--device=nvidia.com/gpu=1"]
    with pytest.raises(SpecError, match="bubblewrap cannot show a GPU"):
        Bubblewrap().argv(wants, SANDBOX)
    assert [name for name in runtime_names() if can_run(name, wants)] == ["podman", "docker", "apptainer"]
    assert all(can_run(name, job()) for name in runtime_names())


def test_podman_in_full():
    assert Podman(["--runtime=runc"]).argv(job(), SANDBOX) == [
        *("podman", "--runtime=runc", "run", "--name", "recast-run.map.0.1", "--pull=never", "--interactive"),
        *("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--user=0:0", "--network=none"),
        *("--hostname=recast", "--memory=300000000b", "--memory-swap=300000000b", "--cpus=1.5", "--pids-limit=1024"),
        *("--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096", "--ulimit=core=0:0"),
        *("--ulimit=fsize=1000000000:1000000000", "--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777,size=300000000"),
        "--shm-size=300000000b",
        *("--mount", "type=bind,source=/run dir/jobs/j/in,target=/recast/run,readonly"),
        *("--mount", "type=bind,source=/run dir/jobs/j/work,target=/recast/run/map/0"),
        *("--workdir", "/recast/run/map/0", "--log-driver=none", "--read-only-tmpfs=false", "--image-volume=ignore"),
        *("--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--env", "HOME=/tmp"),
        *("--env", "LANG=C.UTF-8", "--env", "A=1,2", "--env", "B=x=y z"),
        *(
            "--entrypoint",
            "sh",
            "/images/abc",
            "-c",
            'exec 2>&1; "$@"; exit $?',
            "sh",
            "sh",
            "-c",
            "echo 'a b' > x; ls",
        ),
    ]


def test_docker_speaks_the_same_words():
    argv = KNOWN["docker"].argv(job(cwd="/recast/run/map/0/sub"), SANDBOX)
    for word in ("--pull=never", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"):
        assert word in argv
    assert argv[argv.index("--workdir") + 1] == "/recast/run/map/0/sub"


def test_apptainer_in_full():
    assert runtime_by_name("apptainer").argv(job(), SANDBOX) == [
        *("apptainer", "--quiet", "exec", "--containall", "--cleanenv", "--no-home", "--no-privs"),
        *("--no-mount", "sys,home,cwd,hostfs,bind-paths", "--no-eval", "--hostname", "recast"),
        *("--net", "--network", "none"),
        *("--mount", "type=bind,source=/run dir/jobs/j/in,destination=/recast/run,ro"),
        *("--mount", "type=bind,source=/run dir/jobs/j/work,destination=/recast/run/map/0"),
        *("--pwd", "/recast/run/map/0", "/images/abc", "env", "-i"),
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        *("HOME=/tmp", "LANG=C.UTF-8", "A=1,2", "B=x=y z", "sh", "-c", "echo 'a b' > x; ls"),
    ]


@given(st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), min_size=1))
def test_a_path_with_commas_or_quotes_stays_one_field(name):
    import csv

    for runtime in RUNTIMES[1:]:
        argv = runtime.argv(job(), Sandbox("i", f"/w/{name}", "/in"))
        mount = [argv[i + 1] for i, word in enumerate(argv) if word == "--mount"][1]
        (fields,) = (
            csv.reader([mount], strict=True) if "\n" not in name and "\r" not in name else ([f"source=/w/{name}"],)
        )
        assert f"source=/w/{name}" in fields


def test_podman_flags_follow_the_machine(tmp_path, monkeypatch):
    (tmp_path / "cgroup/unified").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    plain = ["--cgroup-manager=cgroupfs", "--events-backend=file"]
    assert needed_flags(tmp_path / "cgroup", tmp_path / "systemd") == plain
    (tmp_path / "bin/runc").write_text("")
    (tmp_path / "bin/runc").chmod(0o755)
    assert needed_flags(tmp_path / "cgroup", tmp_path / "systemd") == ["--runtime=runc", *plain]
    (tmp_path / "systemd").mkdir()
    assert needed_flags(tmp_path, tmp_path / "systemd") == []


def test_an_unknown_runtime_is_a_wrong_usage():
    with pytest.raises(UsageError, match="'chroot'"):
        runtime_by_name("chroot")


def test_the_first_runtime_that_works_is_chosen(monkeypatch):
    class Fake:
        def __init__(self, name):
            self.name = name

        def probe(self):
            return Probe(self.name in working, f"{self.name} found", f"apt-get install {self.name}")

    passed_over = []
    working = {"podman", "docker"}
    monkeypatch.setattr(choice, "runtime_by_name", Fake)
    assert choose_runtime(say=passed_over.append).name == "podman"
    assert passed_over == [
        "containers are started by podman, not by bubblewrap: bubblewrap found; apt-get install bubblewrap"
    ]
    working.clear()
    with pytest.raises(RuntimeUnavailable) as caught:
        choose_runtime()
    assert caught.value.next_step == "apt-get install bubblewrap"
    assert "podman: podman found   (apt-get install podman)" in caught.value.why
    with pytest.raises(RuntimeUnavailable, match="docker cannot start"):
        choose_runtime("docker")


def test_a_missing_program_is_named_with_the_line_that_mends_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for runtime in RUNTIMES:
        probe = runtime.probe()
        assert not probe.ok
        assert "not installed" in probe.found
        packaged = "apt-get install -y --no-install-recommends "
        assert probe.fix.startswith("# debian" if runtime.name == "apptainer" else packaged)


@every_runtime
def test_what_is_kept_in_memory_has_a_size(runtime):
    words = " ".join(runtime.argv(job(), SANDBOX))
    wanted = {
        "bubblewrap": ("--size 300000000 --tmpfs /tmp", "--size 300000000 --tmpfs /dev/shm", "--remount-ro /dev"),
        "podman": ("size=300000000", "--shm-size=300000000b", "--read-only-tmpfs=false"),
        "docker": ("size=300000000", "--shm-size=300000000b"),
        "apptainer": (),  # the site's apptainer.conf says so
    }[runtime.name]
    assert all(word in words for word in wanted), words


@every_runtime
def test_a_volume_of_the_image_leaves_nothing_behind(runtime):
    launch = runtime.launch(job(), SANDBOX)
    if runtime.name in ("podman", "docker"):
        assert "--volumes" in launch.cleanup
    if runtime.name == "podman":
        assert "--image-volume=ignore" in launch.argv


def test_what_is_nearest_to_working_is_told_first(monkeypatch):
    """A daemon that needs one word is a better advice than a program that is not there."""

    class Fake:
        def __init__(self, name):
            self.name = name

        def probe(self):
            return Probe(False, f"{self.name} found", f"fix {self.name}", missing=self.name != "docker")

    monkeypatch.setattr(choice, "runtime_by_name", Fake)
    with pytest.raises(RuntimeUnavailable) as caught:
        choose_runtime()
    assert caught.value.next_step == "fix docker"
    assert [line.partition(":")[0] for line in caught.value.why.splitlines()] == runtime_names()


@pytest.mark.parametrize(
    ("interpreter", "wrapped"), [("sh", True), ("/bin/bash -eu", True), ("python3 -", False), ("/opt/tool/run", False)]
)
def test_a_payload_is_not_the_first_process_where_the_image_has_a_shell(interpreter, wrapped):
    """The first process of a container hears no signal that it sends itself: `kill -SEGV $$` would do nothing."""
    for name, words in (("podman", 'exec 2>&1; "$@"; exit $?'), ("docker", 'exec "$@" 2>&1')):
        argv = KNOWN[name].argv(job(command=None, script="x", interpreter=interpreter), SANDBOX)
        rest = argv[argv.index("--entrypoint") :]
        assert (words in rest) is wrapped, rest
    assert "--init" in KNOWN["docker"].argv(job(), SANDBOX)
