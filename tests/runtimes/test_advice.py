"""What is typed on which machine: facts in, one line out."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import pytest

from recast.machine import advice
from recast.machine import facts as facts_module
from recast.machine.facts import Facts, gather_facts
from recast.machine.packages import as_typed, installed

DENIED = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
MANY = "user.max_user_namespaces=28633"
FILE = "/etc/sysctl.d/99-zz-recast.conf"


def user(distribution: str = "debian", version: str = "12", **more: object) -> Facts:
    """An ordinary user, logged in on a machine with systemd, where everything is as a distribution leaves it."""
    has = frozenset({"newuidmap", "runc", "service", "dockerd"})
    facts = Facts(distribution, (), version, "alice", 1000, frozenset({"alice"}), has_docker_group=True, has_sudo=True)
    facts = dataclasses.replace(facts, systemd=True, runtime_dir="/run/user/1000", has_user_dir=True, programs=has)
    facts = dataclasses.replace(facts, has_subuids=True, sysctls={"user.max_user_namespaces": 12000})
    return dataclasses.replace(facts, **more)  # type: ignore[arg-type]


def ubuntu(**more: object) -> Facts:
    sysctls = {"user.max_user_namespaces": 60000, "kernel.unprivileged_userns_clone": 1}
    sysctls["kernel.apparmor_restrict_unprivileged_userns"] = 1
    return user("ubuntu", "24.04", like=("debian",), sysctls=sysctls, **more)


ROOT_IN_A_CONTAINER = Facts("debian", (), "12", container=True, package_lists=False)
ALMA = user("almalinux", "9.4", like=("rhel", "centos", "fedora"))
FEDORA = user("fedora", "42")
ARCH = user("arch", "")


@pytest.mark.parametrize(
    ("facts", "program", "line"),
    [
        (user(), "bubblewrap", "sudo apt-get install -y --no-install-recommends bubblewrap"),
        (user(version="13"), "bubblewrap", "sudo apt-get install -y --no-install-recommends bubblewrap"),
        (user(version="11"), "bubblewrap", "# the bubblewrap of debian 11 is older than 0.8"),
        (user("ubuntu", "22.04", like=("debian",)), "bubblewrap", "# the bubblewrap of ubuntu 22.04 is older"),
        (ALMA, "bubblewrap", "# the bubblewrap of almalinux 9.4 is older than 0.8; take another runtime: sudo dnf"),
        (user("rhel", "10.0", like=("fedora",)), "bubblewrap", "sudo dnf install -y bubblewrap"),
        (FEDORA, "bubblewrap", "sudo dnf install -y bubblewrap"),
        (ARCH, "bubblewrap", "sudo pacman -S --noconfirm --needed bubblewrap"),
        (user("opensuse-leap", "15.6", like=("suse",)), "podman", "sudo zypper --non-interactive install podman"),
        (user("void", ""), "podman", "# install podman by the means of void"),
        (user(has_sudo=False), "skopeo", "su - -c 'apt-get install -y --no-install-recommends skopeo'"),
        (user(), "podman", "sudo apt-get install -y --no-install-recommends podman runc uidmap"),
        (FEDORA, "podman", "sudo dnf install -y podman"),
        (user(), "apptainer", "# debian 12 has no package of Apptainer; https://"),
        (
            ubuntu(),
            "apptainer",
            "sudo sh -c 'apt-get install -y software-properties-common && add-apt-repository -y ppa:",
        ),
        (ALMA, "apptainer", "sudo sh -c 'dnf install -y epel-release && dnf install -y apptainer'"),
        (
            user("rhel", "9.4", like=("fedora",)),
            "apptainer",
            "sudo sh -c 'dnf install -y https://dl.fedoraproject.org/",
        ),
        (FEDORA, "apptainer", "sudo dnf install -y apptainer"),
        (ARCH, "apptainer", "sudo pacman -S --noconfirm --needed apptainer"),
        (ALMA, "docker", "# almalinux 9.4 has Podman in place of Docker: sudo dnf install -y podman"),
        (user(version="13"), "docker", "sudo apt-get install -y --no-install-recommends docker.io docker-cli"),
        (user("debian", ""), "docker", "sudo apt-get install -y --no-install-recommends docker.io docker-cli"),
        (ALMA, "mmdebstrap", "# almalinux 9.4 has no package of mmdebstrap"),
        (ROOT_IN_A_CONTAINER, "skopeo", "apt-get update && apt-get install -y --no-install-recommends skopeo"),
    ],
)
def test_how_a_program_is_installed(facts: Facts, program: str, line: str) -> None:
    assert installed(facts, program).startswith(line)


# bubblewrap --------------------------------------------------------------------------------------------------------


def test_bubblewrap_is_installed_and_allowed_by_one_line() -> None:
    found = advice.bubblewrap(user(sysctls={"kernel.unprivileged_userns_clone": 0}), is_here=False)
    assert found.fix.startswith("sudo sh -c 'apt-get install -y --no-install-recommends bubblewrap && printf ")
    assert f"kernel.unprivileged_userns_clone=1 > {FILE} && sysctl -p {FILE}'" in found.fix


@pytest.mark.parametrize(
    ("sysctls", "words"),
    [
        ({"user.max_user_namespaces": 0}, [MANY]),
        ({"kernel.unprivileged_userns_clone": 0}, ["kernel.unprivileged_userns_clone=1"]),
        (
            {"user.max_user_namespaces": 0, "kernel.unprivileged_userns_clone": 0},
            [MANY, "kernel.unprivileged_userns_clone=1"],
        ),
    ],
)
def test_user_namespaces_that_are_off_stay_on_after_a_reboot(sysctls: dict[str, int], words: list[str]) -> None:
    found = advice.bubblewrap(user(sysctls=sysctls), "bwrap: No permissions to create a new namespace")
    assert all(f"{name} is 0" in found.found for name in sysctls)
    assert found.fix == f"""sudo sh -c 'printf "%s\\n" {" ".join(words)} > {FILE} && sysctl -p {FILE}'"""
    assert advice.user_namespaces(user(sysctls=sysctls)) is not None


def test_root_may_whatever_ordinary_users_may_not() -> None:
    sysctls = {"kernel.unprivileged_userns_clone": 0, "kernel.apparmor_restrict_unprivileged_userns": 1}
    assert advice.user_namespaces(Facts("debian", (), "12", sysctls=sysctls)) is None
    none = Facts("debian", (), "12", sysctls={"user.max_user_namespaces": 0})
    assert advice.bubblewrap(none, "No space left on device").fix.startswith('printf "%s')


def test_apparmor_gets_a_profile_and_is_not_switched_off() -> None:
    found = advice.bubblewrap(ubuntu(), "bwrap: setting up uid map: Permission denied")
    assert "kernel.apparmor_restrict_unprivileged_userns" in found.found
    assert found.fix.startswith("sudo sh -c 'apt-get install -y --no-install-recommends apparmor-profiles && ")
    profile = "/etc/apparmor.d/bwrap-userns-restrict"
    assert (
        f"/usr/share/apparmor/extra-profiles/bwrap-userns-restrict {profile} && apparmor_parser -r {profile}"
        in found.fix
    )
    assert "sysctl" not in found.fix
    assert advice.user_namespaces(ubuntu(has_bwrap_profile=True)) is None
    again = advice.bubblewrap(ubuntu(has_bwrap_profile=True), "bwrap: setting up uid map: Permission denied")
    assert again.fix == f"sudo apparmor_parser -r {profile}"


def test_what_no_line_mends_is_a_comment() -> None:
    assert advice.bubblewrap(user(user_namespaces=False), "no").fix.startswith("# no line")
    denied = "bwrap: No permissions to create new namespace"
    assert "seccomp=unconfined" in advice.bubblewrap(ROOT_IN_A_CONTAINER, denied).fix
    outside = dataclasses.replace(ROOT_IN_A_CONTAINER, sysctls={"user.max_user_namespaces": 0})
    assert advice.bubblewrap(outside, denied).fix.startswith("# only the machine around this container")


def test_an_old_bubblewrap_is_named() -> None:
    found = advice.bubblewrap(ALMA, "bwrap: Unknown option --disable-userns")
    assert "0.8 or newer" in found.found
    assert found.fix.startswith("# the bubblewrap of almalinux 9.4 is older")
    assert "# and remove" in advice.bubblewrap(user(), "bwrap: Unknown option --disable-userns").fix


# Podman ------------------------------------------------------------------------------------------------------------


def test_without_a_session_there_is_one_line_for_linger_and_folder() -> None:
    found = advice.podman(user(runtime_dir="", has_user_dir=False), "podman starts no container: stat /run/user/1000")
    assert found.fix == "sudo loginctl enable-linger alice && export XDG_RUNTIME_DIR=/run/user/1000"
    there = advice.podman(user(runtime_dir=""), "podman starts no container")
    assert there.fix == "export XDG_RUNTIME_DIR=/run/user/1000"
    bare = advice.podman(user(runtime_dir="", has_user_dir=False, systemd=False), "podman starts no container")
    assert bare.fix == "mkdir -p -m 0700 /tmp/run-1000 && export XDG_RUNTIME_DIR=/tmp/run-1000"


def test_subordinate_ids_are_those_that_nobody_has() -> None:
    found = advice.podman(user(has_subuids=False, next_subuid=231072), "podman starts no container: newuidmap")
    ids = "231072-296607"
    line = f"sudo usermod --add-subuids {ids} --add-subgids {ids} alice && podman system migrate"
    assert found.fix == line
    assert "alice has no subordinate ids" in found.found


def test_everything_that_lacks_is_in_one_line() -> None:
    lacking = {"programs": frozenset(), "has_subuids": False, "runtime_dir": "", "has_user_dir": False}
    found = advice.podman(user(**lacking), "podman starts no container")
    assert found.fix == (
        "sudo sh -c 'apt-get install -y --no-install-recommends uidmap"
        " && usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice && loginctl enable-linger alice'"
        " && export XDG_RUNTIME_DIR=/run/user/1000 && podman system migrate"
    )
    fresh = advice.podman(user(**lacking), is_here=False)
    assert fresh.fix.startswith("sudo sh -c 'apt-get install -y --no-install-recommends podman runc uidmap && usermod ")


@pytest.mark.parametrize(
    "sysctls",
    [
        {"user.max_user_namespaces": 0},
        {"kernel.unprivileged_userns_clone": 0},
    ],
)
def test_podman_needs_user_namespaces_too(sysctls: dict[str, int]) -> None:
    found = advice.podman(user(sysctls=sysctls), "podman starts no container: cannot clone")
    assert FILE in found.fix
    assert "install" not in found.fix
    assert FILE in advice.podman(user(sysctls=sysctls), is_here=False).fix


def test_podman_in_a_kernel_without_user_namespaces() -> None:
    assert advice.podman(user(user_namespaces=False), "cannot clone").fix.startswith("# no line")


def test_nothing_that_works_is_installed_again() -> None:
    found = advice.podman(user(), "/usr/bin/podman starts no container: some other reason")
    assert "install" not in found.fix
    assert "some other reason" in found.found


@pytest.mark.parametrize("of", [advice.podman, advice.bubblewrap, advice.docker, advice.apptainer])
def test_slow_is_not_missing(of: object) -> None:
    found = of(user(), "it did not answer within 240 s", slow=True)  # type: ignore[operator]
    assert found.fix.startswith("recast doctor")


# Docker ------------------------------------------------------------------------------------------------------------


def test_who_is_not_in_the_group_is_put_there() -> None:
    found = advice.docker(user(socket_group="docker"), DENIED)
    assert found.fix.startswith("sudo usermod -aG docker alice   # ")
    assert "log in again" in found.fix
    assert "alice is not in group docker" in found.found
    late = user(socket_group="docker", member_of=frozenset({"docker"}))
    assert advice.docker(late, DENIED).fix.startswith("newgrp docker")


def test_a_group_that_is_missing_is_made() -> None:
    found = advice.docker(user(socket_group="root", has_docker_group=False), DENIED)
    assert "groupadd --system docker && usermod -aG docker alice && systemctl restart docker.socket docker" in found.fix


def test_a_daemon_that_is_down_is_started() -> None:
    assert advice.docker(user(), DOWN).fix == "sudo systemctl enable --now docker"
    assert advice.docker(user(systemd=False), DOWN).fix == "sudo service docker start"
    here = frozenset({"service", "dockerd"})
    assert advice.docker(Facts("debian", (), "12", programs=here), DOWN).fix == "service docker start"
    assert advice.docker(Facts("debian", (), "12", programs=here - {"service"}), DOWN).fix.startswith("dockerd >")
    assert advice.docker(ROOT_IN_A_CONTAINER, DOWN).fix.startswith("# start this container with: --volume")
    assert "docker.io" in advice.docker(user(programs=frozenset()), DOWN).fix
    elsewhere = advice.docker(user(docker_host="tcp://127.0.0.1:1"), DOWN)
    assert elsewhere.fix == "unset DOCKER_HOST"
    assert "tcp://127.0.0.1:1" in elsewhere.found


def test_docker_is_installed_started_and_opened() -> None:
    fix = advice.docker(user(), is_here=False).fix
    assert "docker.io && systemctl enable --now docker && usermod -aG docker alice'   # " in fix
    assert advice.docker(ROOT_IN_A_CONTAINER, is_here=False).fix.endswith("docker.io")


# limits and other lines -------------------------------------------------------------------------------------------


def test_what_gives_limits() -> None:
    assert advice.limits(user(), "x").fix == "sudo loginctl enable-linger alice"
    cron = advice.limits(user(runtime_dir=""), "x").fix
    assert cron == "sudo loginctl enable-linger alice && export XDG_RUNTIME_DIR=/run/user/1000"
    for nobody in (user(systemd=False), ROOT_IN_A_CONTAINER, Facts("debian")):
        assert advice.limits(nobody, "x").fix.startswith("# ")


def test_a_line_of_the_worker_is_typed_as_this_user_can() -> None:
    line = "sudo sh -c 'mkdir -p /a && printf \"[b]\\n\" > /a/b'   # then log in again"
    assert as_typed(user(), line) == line
    assert as_typed(user(has_sudo=False), line) == line.replace("sudo sh -c", "su - -c")
    assert as_typed(Facts(), line) == line.removeprefix("sudo ")
    assert as_typed(user(has_sudo=False), "sudo loginctl enable-linger a") == "su - -c 'loginctl enable-linger a'"
    assert as_typed(user(has_sudo=False), "systemctl --user edit x") == "systemctl --user edit x"


# all of them -------------------------------------------------------------------------------------------------------

MACHINES = [user(), user(version="13"), ubuntu(), ROOT_IN_A_CONTAINER, ALMA, FEDORA, ARCH, user("void", "")]
MACHINES += [user(has_sudo=False), user(systemd=False), user(has_subuids=False), user(runtime_dir="")]
MACHINES += [user(sysctls={"user.max_user_namespaces": 0}), user(programs=frozenset())]


@pytest.mark.parametrize("facts", MACHINES, ids=lambda facts: f"{facts.distribution}-{facts.version}")
def test_every_line_is_one_that_a_shell_reads(facts: Facts) -> None:
    lines = [installed(facts, name) for name in ("mmdebstrap", "buildah", "skopeo", "python3")]
    for of in (advice.podman, advice.bubblewrap, advice.docker, advice.apptainer):
        for found in (of(facts, is_here=False), of(facts, "x: permission denied"), of(facts, "x", slow=True)):
            assert found.found
            lines.append(found.fix)
    for line in lines:
        assert line
        assert "\n" not in line
        assert "'#" not in line.partition("  # ")[0]
        subprocess.run(["sh", "-n", "-c", line], check=True)
        if not facts.is_root and line.startswith(("apt", "dnf", "usermod", "systemctl", "loginctl", "service")):
            pytest.fail(f"only root may do {line!r}")


def test_what_only_root_finds_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's users have no /usr/sbin in their PATH, and dockerd lies there."""
    (tmp_path / "dockerd").touch(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(facts_module, "_ROOTS_PATH", (str(tmp_path),))
    assert gather_facts().programs == {"dockerd"}


def test_the_facts_of_this_machine() -> None:
    facts = gather_facts()
    assert facts.distribution
    assert facts.groups
    assert facts.user
    assert facts.next_subuid >= 100_000
