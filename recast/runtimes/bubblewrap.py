"""bubblewrap: containers without a daemon and without root, in 5 ms."""

from __future__ import annotations

import shutil
import subprocess

from recast.jobs import RUN_ROOT, ContainerJob
from recast.machine import advice
from recast.machine.facts import gather_facts
from recast.runtimes.gpus import no_gpus
from recast.runtimes.payload import cwd, environment, extra_binds, payload_argv, shm_bytes, tmp_bytes
from recast.runtimes.protocol import Launch, Probe, Sandbox
from recast.worker.bubblewrap import ready_to_start
from recast.worker.failure import Failure

__all__ = ["Bubblewrap"]

_PROBE_S = 240


class Bubblewrap:
    """Starts an unpacked root folder, which is not modified: the worker provides mount points (`recast.worker.room`).

    The payload is root of a separate user namespace, with no capabilities, no network, a read-only root and no way to
    gain privileges. It dies with its parent.
    """

    name = "bubblewrap"

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv; two binds, however many inputs there are. Raises SpecError for a job that wants a GPU."""
        if job.resources.gpus:
            raise no_gpus(self.name)
        argv = ["bwrap", "--unshare-all"]
        if job.network:
            argv += ["--share-net"]
        argv += ["--unshare-user", "--uid", "0", "--gid", "0", "--cap-drop", "ALL", "--disable-userns"]
        argv += ["--die-with-parent", "--new-session", "--hostname", "recast", "--json-status-fd", "3"]
        argv += ["--ro-bind", sandbox.image, "/", "--proc", "/proc", "--dev", "/dev"]
        # If we are root, so is the payload for the kernel: it could write sysctls even without capabilities.
        argv += ["--ro-bind", "/proc/sys", "/proc/sys"]
        for told in ("/proc/keys", "/proc/key-users"):  # the user's binds, by name
            argv += ["--ro-bind-try", "/dev/null", told]
        for folder, size in (("/tmp", tmp_bytes(job)), ("/dev/shm", shm_bytes(job))):  # noqa: S108
            argv += ["--perms", "1777", "--size", str(size), "--tmpfs", folder]
        argv += [*_run(job, sandbox), "--bind", sandbox.work, job.workdir]
        for bind in extra_binds(job, sandbox):
            argv += ["--bind" if bind.writable else "--ro-bind", bind.source, bind.target]
        if job.network and not _brings(job, "/etc/resolv.conf"):
            argv += ["--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf"]
        if not _has_inputs(job):
            argv += ["--remount-ro", RUN_ROOT]
        # It is memory, too, and has no size limit of its own.
        argv += ["--remount-ro", "/dev"]
        argv += ["--chdir", cwd(job), "--clearenv"]
        for name, value in environment(job).items():
            argv += ["--setenv", name, value]
        return [*argv, "--", *payload_argv(job)]

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        """Return the argv for a worker that sets the limits and asks the processes inside to end."""
        return Launch(tuple(self.argv(job, sandbox)), reports_begin=True, term="inside")

    def cleanup(self, job_id: str) -> list[str]:
        """Return nothing: a container of bubblewrap ends with its processes."""
        return []

    def probe(self, *, trusted: bool = False) -> Probe:
        """Start `true` in a container over the host's own root, as the worker starts a job."""
        program = shutil.which("bwrap")
        if program is None:
            return Probe(False, *advice.bubblewrap(gather_facts(), is_here=False), missing=True)
        command = [program, "--unshare-all", "--unshare-user", "--uid", "0", "--gid", "0", "--cap-drop", "ALL"]
        command += ["--disable-userns"]
        command += ["--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
        command += ["--perms", "1777", "--size", "1000000", "--tmpfs", "/tmp", "--", "true"]  # noqa: S108
        try:
            with ready_to_start(command) as (argv, files):
                done = subprocess.run(
                    argv,
                    check=False,
                    capture_output=True,
                    text=True,
                    timeout=_PROBE_S,
                    stdin=subprocess.DEVNULL,
                    pass_fds=files,
                )
        except subprocess.TimeoutExpired:
            said = f"{program} did not answer within {_PROBE_S} s"
            return Probe(False, *advice.bubblewrap(gather_facts(), said, slow=True))
        except (OSError, Failure) as problem:
            return Probe(False, *advice.bubblewrap(gather_facts(), f"{program} cannot be run: {problem}"))
        if done.returncode != 0:
            said = done.stderr.strip() or f"exit code {done.returncode}"
            return Probe(False, *advice.bubblewrap(gather_facts(), f"{program} starts no container: {said}"))
        return Probe(True, f"{program} starts containers")


def _run(job: ContainerJob, sandbox: Sandbox) -> list[str]:
    """Return the mount of the run: the staged inputs or, if there are none, an empty folder."""
    return ["--ro-bind", sandbox.inputs, RUN_ROOT] if _has_inputs(job) else ["--tmpfs", RUN_ROOT]


def _brings(job: ContainerJob, path: str) -> bool:
    return path in job.texts or any(bind.target == path for bind in job.binds)


def _has_inputs(job: ContainerJob) -> bool:
    return bool(job.inputs) or len(job.texts) > len(job.mounted_texts)
