"""What to type if a runtime cannot start containers: one command that fixes everything that the facts show. Pure.

The command is for the user's shell. What only root may do begins with `sudo`, or `su` if there is none; what no command
can do is a comment (`# ...`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from recast.machine.facts import Facts
from recast.machine.packages import as_root, chained, install, installed

__all__ = ["ADVICE", "Advice", "apptainer", "bubblewrap", "docker", "limits", "podman", "tool", "user_namespaces"]

_MANY_NAMESPACES = 28633
_SYSCTL_FILE = "/etc/sysctl.d/99-zz-recast.conf"
"""Read last when the machine boots, after a distribution's own hardening."""
_PROFILE = "bwrap-userns-restrict"
_EXTRA_PROFILES = "/usr/share/apparmor/extra-profiles"
_SUBUIDS = 65536
_ROOT_GROUP = "# who is in group docker may become root; then log in again"
_OPEN_CONTAINER = (
    "# this container refuses it; start it with: --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined"
)
_AGAIN = "recast doctor   # again when less runs here: the first container takes longest"


class Advice(NamedTuple):
    """A problem, and the command that fixes it."""

    found: str
    fix: str


def tool(facts: Facts, name: str) -> Advice:
    """Return what to type for a program that is not installed."""
    return Advice("not installed", installed(facts, name))


def bubblewrap(facts: Facts, said: str = "", *, is_here: bool = True, slow: bool = False) -> Advice:
    """Return what to type when bubblewrap is not installed (`is_here`), is `slow`, or `said` why it starts nothing."""
    why, namespaces = _no_namespaces(facts, for_bubblewrap=True)
    if not is_here:
        fix = installed(facts, "bubblewrap", bare=True)
        if not fix.startswith("#"):
            fix = namespaces if namespaces.startswith("#") else " && ".join(filter(None, [fix, namespaces]))
            fix = as_root(facts, fix)
        return Advice("bubblewrap is not installed", fix)
    if slow:
        return Advice(said, _AGAIN)
    if "nknown option" in said:
        fix = installed(facts, "bubblewrap")
        if not fix.startswith("#"):  # the distribution's is new enough: another one stands before it
            fix += "   # and remove the older one that stands before it in the PATH"
        return Advice(f"{said}; bubblewrap 0.8 or newer is needed", fix)
    if why:
        return Advice(f"{said}; {why}", as_root(facts, namespaces))
    if facts.container and "ermi" in said:  # permission, permitted
        return Advice(said, _OPEN_CONTAINER)
    return Advice(said, _by_hand("bwrap --unshare-all --ro-bind / / true"))


def user_namespaces(facts: Facts) -> Advice | None:
    """Return why this user may not create user namespaces, None if no reason is known."""
    why, fix = _no_namespaces(facts, for_bubblewrap=not facts.has_bwrap_profile)
    return Advice(why, as_root(facts, fix)) if why else None


def podman(facts: Facts, said: str = "", *, is_here: bool = True, slow: bool = False) -> Advice:
    """Return what to type when Podman is not installed (`is_here`), is `slow`, or `said` why it starts nothing."""
    lacks, root, own = ([], [], []) if facts.is_root else _rootless(facts, is_here=is_here)
    if not is_here:
        found, root = "Podman is not installed", [installed(facts, "podman", bare=True), *root]
    elif lacks:
        found = f"{said}; {', '.join(lacks)}"
    if not is_here or lacks:
        hopeless = next((line for line in root if line.startswith("#")), "")
        return Advice(found, hopeless or chained(facts, root, own))
    if slow:
        return Advice(said, _AGAIN)
    if facts.container and "ermi" in said:
        return Advice(said, _OPEN_CONTAINER)
    if "hybrid" in said and "runc" not in facts.programs:
        return Advice(said, as_root(facts, install(facts, "runc")))
    return Advice(said, _by_hand("podman --log-level=debug info"))


def docker(facts: Facts, said: str = "", *, is_here: bool = True, slow: bool = False, answers: bool = False) -> Advice:
    """Return what to type when Docker is not installed (`is_here`), is `slow`, or `said` why no daemon answers.

    For one that `answers` but starts nothing, a command shows more.
    """
    if not is_here:
        return _docker_missing(facts)
    if slow:
        return Advice(said, _AGAIN)
    if answers:
        return Advice(said, _by_hand("docker info"))
    if facts.docker_host and "permission denied" not in said:
        return Advice(f"{said}; DOCKER_HOST is {facts.docker_host}", "unset DOCKER_HOST")
    if "permission denied" in said.lower():
        return _docker_group(facts, said)
    if "dockerd" in facts.programs:
        start = "service docker start" if "service" in facts.programs else "dockerd > /var/log/dockerd.log 2>&1 &"
        return Advice(said, as_root(facts, "systemctl enable --now docker" if facts.systemd else start))
    if facts.container:
        return Advice(said, "# start this container with: --volume /var/run/docker.sock:/var/run/docker.sock")
    return Advice(f"{said}; only the client is installed", _docker_missing(facts).fix)


def apptainer(facts: Facts, said: str = "", *, is_here: bool = True, slow: bool = False) -> Advice:
    """Return what to type when Apptainer is not installed (`is_here`), is `slow`, or `said` why it does not work."""
    if not is_here:
        return Advice("Apptainer is not installed", installed(facts, "apptainer"))
    if slow:
        return Advice(said, _AGAIN)
    if refused := user_namespaces(facts):
        return Advice(f"{said}; {refused.found}", refused.fix)
    return Advice(said, _by_hand("apptainer --debug --version"))


ADVICE: dict[str, Callable[[Facts, str], Advice]] = {
    "bubblewrap": bubblewrap,
    "podman": podman,
    "docker": docker,
    "apptainer": apptainer,
}
"""What to type, by the name of the runtime."""


def limits(facts: Facts, said: str) -> Advice:
    """Return what to type if the kernel does not enforce limits for us."""
    if facts.container:
        line = "# give this container control groups: start it with --cgroupns=private --privileged"
    elif facts.is_root:
        line = "# mount the control groups: mount -t cgroup2 none /sys/fs/cgroup"
    elif facts.systemd and not (facts.runtime_dir and facts.lingers):
        line = as_root(facts, f"loginctl enable-linger {facts.user}")
        line += "" if facts.runtime_dir else f" && export XDG_RUNTIME_DIR=/run/user/{facts.uid}"
    else:
        line = "# without systemd only root can set limits: run as root, or on a batch system"
    return Advice(said, line)


def _no_namespaces(facts: Facts, *, for_bubblewrap: bool) -> tuple[str, str]:
    """Return why user namespaces are refused and the command of root that allows them; nothing if they are not."""
    if not facts.user_namespaces:
        return "the kernel has no user namespaces", "# no line fixes that: it takes another kernel, or another runtime"
    off = {}
    if facts.sysctls.get("user.max_user_namespaces", 1) == 0:
        off["user.max_user_namespaces"] = _MANY_NAMESPACES
    if facts.sysctls.get("kernel.unprivileged_userns_clone", 1) == 0 and not facts.is_root:
        off["kernel.unprivileged_userns_clone"] = 1
    apparmor = facts.sysctls.get("kernel.apparmor_restrict_unprivileged_userns") == 1 and not facts.is_root
    why = [f"{name} is 0" for name in off]
    commands = [_set(off)] if off else []
    if apparmor and for_bubblewrap:
        state = "its profile of bwrap is not in force" if facts.has_bwrap_profile else "it has no profile of bwrap"
        why.append(f"kernel.apparmor_restrict_unprivileged_userns lets AppArmor forbid it, and {state}")
        commands += _profile(facts)
    if why and facts.container:
        return ", ".join(why), "# only the machine around this container can be told: there, as root: " + (
            " && ".join(commands)
        )
    return ", ".join(why), " && ".join(commands)


def _set(values: dict[str, int]) -> str:
    """Return the command that sets sysctls now and at every boot."""
    words = " ".join(f"{name}={value}" for name, value in values.items())
    return f'printf "%s\\n" {words} > {_SYSCTL_FILE} && sysctl -p {_SYSCTL_FILE}'


def _profile(facts: Facts) -> list[str]:
    """Return the commands that give bwrap, and nothing else, its user namespaces: the way of Ubuntu's own documents.

    The programs that bwrap starts get no capability by it.
    """
    target = f"/etc/apparmor.d/{_PROFILE}"
    ready = [] if facts.has_bwrap_profile else [install(facts, "apparmor-profiles")]
    ready += [] if facts.has_bwrap_profile else [f"install -m 0644 {_EXTRA_PROFILES}/{_PROFILE} {target}"]
    return [*ready, f"apparmor_parser -r {target}"]


def _rootless(facts: Facts, *, is_here: bool) -> tuple[list[str], list[str], list[str]]:
    """Return what an ordinary user lacks for Podman, the commands of root and those of the user that give it."""
    lacks, root, own = [], [], []
    why, command = _no_namespaces(facts, for_bubblewrap=False)
    if why:
        lacks.append(why)
        root.append(command)
    if "newuidmap" not in facts.programs:
        lacks.append("there is no newuidmap")
        root += [install(facts, "newuidmap")] if is_here else []
    if not facts.has_subuids:
        lacks.append(f"{facts.user} has no subordinate ids in /etc/subuid and /etc/subgid")
        ids = f"{facts.next_subuid}-{facts.next_subuid + _SUBUIDS - 1}"
        root.append(f"usermod --add-subuids {ids} --add-subgids {ids} {facts.user}")
    if not facts.runtime_dir:
        lacks.append("XDG_RUNTIME_DIR is not a folder of yours")
        folder = f"/run/user/{facts.uid}"
        if facts.systemd and not facts.has_user_dir:
            root.append(f"loginctl enable-linger {facts.user}")
        elif not facts.systemd:
            folder = f"/tmp/run-{facts.uid}"  # noqa: S108 - as Podman has it by itself
            own.append(f"mkdir -p -m 0700 {folder}")
        own.append(f"export XDG_RUNTIME_DIR={folder}")
    if not facts.has_subuids:
        own.append("podman system migrate")
    return lacks, root, own


def _docker_missing(facts: Facts) -> Advice:
    fix = installed(facts, "docker", bare=True)
    if not fix.startswith("#"):
        commands = [fix]
        commands += ["systemctl enable --now docker"] if facts.systemd else []
        commands += [] if facts.is_root else [f"usermod -aG docker {facts.user}"]
        fix = as_root(facts, " && ".join(commands)) + ("" if facts.is_root else f"   {_ROOT_GROUP}")
    return Advice("Docker is not installed", fix)


def _docker_group(facts: Facts, said: str) -> Advice:
    group = facts.socket_group or "docker"
    if group in facts.member_of and group not in facts.groups:
        return Advice(
            f"{said}; {facts.user} came into group {group} after this login", f"newgrp {group}   # or log in again"
        )
    if group != "root":
        why = f"{said}; {facts.user} is not in group {group}"
        return Advice(why, f"{as_root(facts, f'usermod -aG {group} {facts.user}')}   {_ROOT_GROUP}")
    commands = [] if facts.has_docker_group else ["groupadd --system docker"]
    commands += [f"usermod -aG docker {facts.user}"]
    commands += ["systemctl restart docker.socket docker" if facts.systemd else "service docker restart"]
    return Advice(
        f"{said}; its socket belongs to root alone", f"{as_root(facts, ' && '.join(commands))}   {_ROOT_GROUP}"
    )


def _by_hand(command: str) -> str:
    return f"{command}   # says more; what it lacks is not known here"
