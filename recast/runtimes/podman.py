"""Podman: rootful or rootless containers, with limits enforced by the engine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from recast.jobs import ContainerJob
from recast.machine import advice
from recast.machine.facts import gather_facts
from recast.runtimes.engine import container_name, engine_run
from recast.runtimes.gpus import gpu_names
from recast.runtimes.podman_flags import needed_flags
from recast.runtimes.podman_image import ensure_podman_image
from recast.runtimes.protocol import Launch, Probe, Sandbox
from recast.runtimes.trial import Trial, make_trial_root, tried

__all__ = ["Podman", "ensure_podman_image", "needed_flags"]

_INSPECT = "{{.State.OOMKilled}} {{.State.StartedAt}}"
_GROUPS = "{{.Host.CgroupManager}} {{.Host.CgroupsVersion}}"


class Podman:
    """Starts an image in Podman's storage by its id.

    `flags` come before the subcommand; by default those that this machine needs.
    """

    name = "podman"
    costly = True

    def __init__(self, flags: Sequence[str] | None = None) -> None:
        self.flags = list(needed_flags() if flags is None else flags)

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv; two binds, however many inputs there are."""
        # Without a log driver, the container writes directly to our log.
        own = ["--log-driver=none", *gpu_names(job.resources.gpus)]
        # Its own idea of read-only is /run, /tmp and /var/tmp in memory without a size; of an image's VOLUME, a folder
        # on the disk that stays behind.
        own += ["--read-only-tmpfs=false", "--image-volume=ignore"]
        return engine_run(["podman", *self.flags], job, sandbox, own)

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        """Return the argv for a worker that leaves the limits to Podman and removes the container afterwards."""
        name = container_name(job.job_id)
        return Launch(
            tuple(self.argv(job, sandbox)),
            own_limits=True,
            term="client",
            cleanup=tuple(self.cleanup(job.job_id)),
            inspect=("podman", *self.flags, "container", "inspect", "--format", _INSPECT, name),
            groups=("podman", *self.flags, "info", "--format", _GROUPS),
        )

    def cleanup(self, job_id: str) -> list[str]:
        """Return the argv that removes the job's container, running or not."""
        return ["podman", *self.flags, "rm", "--force", "--ignore", "--volumes", "--time", "0", container_name(job_id)]

    def probe(self, *, trusted: bool = False) -> Probe:
        """Start a container as for a job, over this machine's own /usr, unless that is `trusted` to work."""
        program = shutil.which("podman")
        if program is None:
            return Probe(False, *advice.podman(gather_facts(), is_here=False), missing=True)
        trial = Trial() if trusted else self._try()
        if trial.problem:
            said = trial.problem if trial.slow else f"{program} starts no container: {trial.problem}"
            return Probe(False, *advice.podman(gather_facts(), said, slow=trial.slow))
        return Probe(True, " ".join([program, *self.flags, "starts containers"]))

    def _try(self) -> Trial:
        """Start a container as for a job."""
        with tempfile.TemporaryDirectory(prefix="recast-probe-") as folder:
            return tried(self._over_a_root, self.cleanup, make_trial_root(Path(folder)))

    def _over_a_root(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        argv = self.argv(job, sandbox)
        at = argv.index("--entrypoint")
        return [*argv[:at], "--rootfs", *argv[at:]]
