"""Podman: containers of an engine, rootful or rootless, with its own limits."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from recast.jobs import RUN_ROOT, ContainerJob
from recast.machine import advice
from recast.machine.facts import gather_facts
from recast.runtimes.gpus import gpu_names
from recast.runtimes.payload import PIDS_MAX, cwd, environment, extra_binds, payload_argv, tmp_bytes
from recast.runtimes.podman_flags import needed_flags
from recast.runtimes.podman_image import ensure_podman_image
from recast.runtimes.protocol import Launch, Probe, Sandbox

__all__ = ["Podman", "engine_run", "ensure_podman_image", "needed_flags"]

_INSPECT = "{{.State.OOMKilled}} {{.State.StartedAt}}"
_PROBE_S = 240


class Podman:
    """Starts an image of Podman's own storage by its id.

    `flags` come before the subcommand; without any, those that this machine needs are found out.
    """

    name = "podman"

    def __init__(self, flags: Sequence[str] | None = None) -> None:
        self.flags = list(needed_flags() if flags is None else flags)

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv; two binds, however many inputs there are."""
        # Without a log driver of its own, the container writes straight to our log.
        own = ["--log-driver=none", *gpu_names(job.resources.gpus)]
        # Its own idea of read-only is /run, /tmp and /var/tmp in memory without a size; of an image's VOLUME, a folder
        # on the disk that stays behind.
        own += ["--read-only-tmpfs=false", "--image-volume=ignore"]
        return engine_run(["podman", *self.flags], job, sandbox, own)

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        """Return the argv for a worker that leaves the limits to Podman and removes the container afterwards."""
        name = _container(job.job_id)
        return Launch(
            tuple(self.argv(job, sandbox)),
            own_limits=True,
            term="client",
            cleanup=tuple(self.cleanup(job.job_id)),
            inspect=("podman", *self.flags, "container", "inspect", "--format", _INSPECT, name),
        )

    def cleanup(self, job_id: str) -> list[str]:
        """Return the argv that removes the job's container, running or not."""
        return ["podman", *self.flags, "rm", "--force", "--ignore", "--volumes", "--time", "0", _container(job_id)]

    def probe(self) -> Probe:
        """Start `true` in a container whose /usr is the host's."""
        program = shutil.which("podman")
        if program is None:
            return Probe(False, *advice.podman(gather_facts(), is_here=False))
        try:
            done = self._try(program)
        except subprocess.TimeoutExpired:
            said = f"{program} did not answer within {_PROBE_S} s"
            return Probe(False, *advice.podman(gather_facts(), said, slow=True))
        except OSError as problem:
            return Probe(False, *advice.podman(gather_facts(), f"{program} cannot be run: {problem}"))
        if done.returncode != 0:
            said = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
            return Probe(False, *advice.podman(gather_facts(), f"{program} starts no container: {said}"))
        return Probe(True, " ".join([program, *self.flags, "starts containers"]))

    def _try(self, program: str) -> subprocess.CompletedProcess[str]:
        command = [program, *self.flags, "run", "--rm", "--network=none", "--read-only", "--cap-drop=all"]
        command += ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096", "--log-driver=none"]
        with tempfile.TemporaryDirectory(prefix="recast-probe-") as root:
            (Path(root) / "usr").mkdir()
            for name in ("bin", "lib", "lib64", "sbin"):
                (Path(root) / name).symlink_to(f"usr/{name}")
            command += ["--volume=/usr:/usr:ro", "--rootfs", root, "true"]
            return subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=_PROBE_S, stdin=subprocess.DEVNULL
            )


def engine_run(client: list[str], job: ContainerJob, sandbox: Sandbox, extra: Sequence[str]) -> list[str]:
    """Return the `run` of a client that speaks Docker's words (Podman, Docker)."""
    entry, *arguments = payload_argv(job)
    resources = job.resources
    argv = [*client, "run", "--name", _container(job.job_id), "--pull=never", "--interactive"]
    argv += ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--user=0:0"]
    argv += [f"--network={'host' if job.network else 'none'}"]
    # A shared host name would come with the host's network.
    argv += [] if job.network else ["--hostname=recast"]
    argv += [f"--memory={resources.memory_mb * 1_000_000}b", f"--memory-swap={resources.memory_mb * 1_000_000}b"]
    argv += [f"--cpus={resources.cpus:g}", f"--pids-limit={PIDS_MAX}"]
    argv += ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096", "--ulimit=core=0:0"]
    argv += [f"--ulimit=fsize={resources.disk_mb * 1_000_000}:{resources.disk_mb * 1_000_000}"]
    argv += [f"--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size={tmp_bytes(job)}", f"--shm-size={tmp_bytes(job)}b"]
    argv += ["--mount", _bind(sandbox.inputs, RUN_ROOT, ",readonly"), "--mount", _bind(sandbox.work, job.workdir, "")]
    for bind in extra_binds(job, sandbox):
        argv += ["--mount", _bind(bind.source, bind.target, "" if bind.writable else ",readonly")]
    argv += ["--workdir", cwd(job), *extra]
    for name, value in environment(job).items():
        argv += ["--env", f"{name}={value}"]
    return [*argv, "--entrypoint", entry, sandbox.image, *arguments]


def _bind(source: str, target: str, mode: str) -> str:
    """Return a `--mount` value; its fields are CSV, so one with a comma is put in quotes."""
    fields = ["type=bind", f"source={source}", f"target={target}"]
    return ",".join(_csv(field) for field in fields) + mode


def _csv(field: str) -> str:
    return '"' + field.replace('"', '""') + '"' if set(field) & set(',"') else field


def _container(job_id: str) -> str:
    return f"recast-{job_id}"
