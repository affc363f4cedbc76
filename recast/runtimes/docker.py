"""Docker: containers of a daemon that runs as root or as the user."""

from __future__ import annotations

import shutil
import tempfile
from functools import cached_property
from pathlib import Path

from recast.errors import ImageError, RuntimeUnavailable
from recast.jobs import ContainerJob
from recast.machine import advice
from recast.machine.facts import gather_facts
from recast.runtimes.docker_daemon import NO_ANSWER, NOT_DOCKER, Daemon, ask_daemon, who_we_are
from recast.runtimes.docker_image import ensure_docker_image
from recast.runtimes.engine import container_name, engine_run
from recast.runtimes.protocol import Launch, Probe, Sandbox
from recast.runtimes.trial import Trial, add_trial_image, tried

__all__ = ["Docker"]

_INSPECT = "{{.State.OOMKilled}} {{.State.StartedAt}}"
_NO_LIMITS = "# a rootless daemon needs version 2 of control groups, and systemd: dockerd-rootless-setuptool.sh install"
_AROUND = 'exec "$@" 2>&1'
"""The shell around a payload; the container's first process is Docker's."""


class Docker:
    """Starts an image in the daemon's storage by its id; files belong to the user, whether the daemon is rootless or
    not.

    Access to a root daemon amounts to being root on this machine, so bubblewrap and Podman are preferred. `daemon` is
    its description, queried if not given.
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
        who, cpus = who_we_are(self.daemon), self.daemon.cpus
        return engine_run(["docker"], job, sandbox, own, who=who, cpus=cpus, around=_AROUND)

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
            return Probe(False, *advice.docker(gather_facts(), is_here=False), missing=True)
        try:
            daemon = self.daemon
        except RuntimeUnavailable as problem:
            return _silent(problem.why)
        if daemon.unheld:
            return Probe(False, f"the Docker daemon holds no limit of {' and '.join(daemon.unheld)}", _NO_LIMITS)
        trial = Trial() if trusted else self._try()
        if trial.problem:
            said = f"the Docker daemon starts no container: {trial.problem}"
            return Probe(False, *advice.docker(gather_facts(), said, slow=trial.slow, answers=True))
        whose = "the user's own" if daemon.rootless else "root's: access to it amounts to being root on this machine"
        return Probe(True, f"Docker daemon {daemon.version} starts containers ({whose})")

    def _try(self) -> Trial:
        """Start a container as for a job."""
        try:
            with tempfile.TemporaryDirectory(prefix="recast-probe-") as folder:
                store = Path(folder)
                image = ensure_docker_image(store, add_trial_image(store))
        except ImageError as problem:
            return Trial(problem.why or str(problem))
        trial = tried(self.argv, self.cleanup, image)
        return Trial("its limit of memory does not hold") if trial.holds_memory is False else trial


def _silent(why: str) -> Probe:
    """Return the probe of a daemon that does not respond."""
    if why == NOT_DOCKER:
        return Probe(False, why, "# take Podman itself: --runtime podman")
    return Probe(False, *advice.docker(gather_facts(), f"no Docker daemon answers: {why}", slow=why == NO_ANSWER))
