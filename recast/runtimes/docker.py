"""Docker: containers of a daemon."""

from __future__ import annotations

import shutil
import subprocess

from recast.jobs import ContainerJob
from recast.machine import advice
from recast.machine.facts import gather_facts
from recast.runtimes.podman import engine_run
from recast.runtimes.protocol import Launch, Probe, Sandbox

__all__ = ["Docker"]

_INSPECT = "{{.State.OOMKilled}} {{.State.StartedAt}}"
_PROBE_S = 240


class Docker:
    """Starts an image of the daemon's storage by its id."""

    name = "docker"

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv; two binds, however many inputs there are."""
        gpus = [f"--gpus={job.resources.gpus}"] if job.resources.gpus else []
        return engine_run(["docker"], job, sandbox, ["--ipc=private", "--log-driver=none", *gpus])

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        """Return the argv for a worker that leaves the limits to the daemon and removes the container afterwards."""
        return Launch(
            tuple(self.argv(job, sandbox)),
            own_limits=True,
            term="client",
            cleanup=tuple(self.cleanup(job.job_id)),
            inspect=("docker", "container", "inspect", "--format", _INSPECT, f"recast-{job.job_id}"),
        )

    def cleanup(self, job_id: str) -> list[str]:
        """Return the argv that removes the job's container, running or not."""
        return ["docker", "rm", "--force", "--volumes", f"recast-{job_id}"]

    def probe(self) -> Probe:
        """Ask the daemon for its version: an image to start is not always there."""
        program = shutil.which("docker")
        if program is None:
            return Probe(False, *advice.docker(gather_facts(), is_here=False))
        command = [program, "version", "--format", "{{.Server.Version}}"]
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=_PROBE_S, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            said = f"{program} did not answer within {_PROBE_S} s"
            return Probe(False, *advice.docker(gather_facts(), said, slow=True))
        except OSError as problem:
            return Probe(False, *advice.docker(gather_facts(), f"{program} cannot be run: {problem}"))
        if done.returncode != 0 or not done.stdout.strip():
            said = (done.stderr.strip() or "no answer").splitlines()[-1]
            return Probe(False, *advice.docker(gather_facts(), f"no Docker daemon answers: {said}"))
        return Probe(True, f"Docker daemon {done.stdout.strip()}")
