"""Docker: containers of a daemon, root's or the user's own."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cached_property
from pathlib import Path

from recast.errors import RecastError
from recast.jobs import ContainerJob
from recast.runtimes.docker_daemon import Daemon, ask_daemon, here
from recast.runtimes.docker_image import ensure_docker_image
from recast.runtimes.engine import container_name, engine_run
from recast.runtimes.protocol import Launch, Probe, Sandbox
from recast.runtimes.trial import add_trial_image, tried

__all__ = ["Docker"]

_INSTALL = "apt-get install -y --no-install-recommends docker.io"
_INSPECT = "{{.State.OOMKilled}} {{.State.StartedAt}}"
_ONE_STREAM = 'exec "$@" 2>&1'
"""The client copies two streams, each at its own pace: a log of both would have its lines in another order."""


class Docker:
    """Starts an image of the daemon's storage by its id; files are the user's, whoever's root the daemon is.

    Whoever may ask a daemon of root's for a container is root on this machine: bubblewrap and Podman are preferred.
    `daemon` is what it says of itself, found out if it is not given.
    """

    name = "docker"
    costly = True

    def __init__(self, daemon: Daemon | None = None) -> None:
        self._given = daemon

    @cached_property
    def daemon(self) -> Daemon:
        """What the daemon says of itself; raises RuntimeUnavailable if it says nothing."""
        return self._given or ask_daemon()

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv; two binds, however many inputs there are."""
        gpus = [f"--gpus={job.resources.gpus}"] if job.resources.gpus else []
        own = ["--init", "--ipc=private", "--log-driver=none", *gpus]
        user, cpus = here(self.daemon), self.daemon.cpus
        return engine_run(["docker"], job, sandbox, own, user=user, cpus=cpus, around=_ONE_STREAM)

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        """Return the argv for a worker that leaves the limits to the daemon and removes the container afterwards."""
        return Launch(
            tuple(self.argv(job, sandbox)),
            own_limits=True,
            term="client",
            cleanup=tuple(self.cleanup(job.job_id)),
            inspect=("docker", "container", "inspect", "--format", _INSPECT, container_name(job.job_id)),
        )

    def cleanup(self, job_id: str) -> list[str]:
        """Return the argv that removes the job's container, running or not."""
        return ["docker", "rm", "--force", "--volumes", container_name(job_id)]

    def probe(self, *, trusted: bool = False) -> Probe:
        """Ask the daemon for itself and start a container as for a job, unless that is `trusted` to work."""
        program = shutil.which("docker")
        if program is None:
            return Probe(False, "Docker is not installed", _INSTALL, missing=True)
        try:
            whose = "the user's own" if self.daemon.rootless else "root's"
            if not trusted and (problem := self._try()):
                return Probe(False, f"the Docker daemon starts no container: {problem}", "docker info")
        except RecastError as problem:
            why = problem.why or str(problem)
            return Probe(False, f"no Docker daemon answers: {why}", _fix(why))
        return Probe(True, f"Docker daemon {self.daemon.version}, {whose}, starts containers")

    def _try(self) -> str:
        """Return why no container starts as for a job, empty if one does."""
        if self.daemon.unheld:
            return f"it holds no limit of {' and '.join(self.daemon.unheld)}"
        with tempfile.TemporaryDirectory(prefix="recast-probe-") as folder:
            store = Path(folder)
            image = ensure_docker_image(store, add_trial_image(store))
        trial = tried(self.argv, self.cleanup, image)
        return trial.problem or ("its limit of memory does not hold" if trial.holds_memory is False else "")


def _fix(said: str) -> str:
    """Return the line that makes a daemon answer."""
    if "ermission denied" in said:
        return "sudo usermod -aG docker $USER   (then log in anew; who is in that group is root on this machine)"
    if "is Podman's" in said:
        return "--runtime podman"
    if os.environ.get("DOCKER_HOST") or "context" in said:
        return "unset DOCKER_HOST DOCKER_CONTEXT   (or name a daemon that runs)"
    return "sudo systemctl start docker" if Path("/run/systemd/system").is_dir() else "sudo service docker start"
