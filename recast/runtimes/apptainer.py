"""Apptainer, which most grid sites have."""

from __future__ import annotations

import shutil
import subprocess

from recast.jobs import RUN_ROOT, ContainerJob
from recast.machine import advice
from recast.machine.facts import gather_facts
from recast.runtimes.payload import cwd, environment, extra_binds, payload_argv
from recast.runtimes.protocol import Launch, Probe, Sandbox

__all__ = ["Apptainer"]

_PROBE_S = 240


class Apptainer:
    """Starts a SIF file or a sandbox folder."""

    name = "apptainer"

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv; two binds, however many inputs there are.

        The environment goes through `env -i` inside: the `--env` flag splits its values at commas.
        """
        argv = ["apptainer", "--quiet", "exec", "--containall", "--cleanenv", "--no-home", "--no-privs"]
        argv += ["--no-mount", "sys,home,cwd,hostfs,bind-paths", "--no-eval", "--hostname", "recast"]
        if not job.network:
            argv += ["--net", "--network", "none"]
        for source, target, mode in ((sandbox.inputs, RUN_ROOT, "ro"), (sandbox.work, job.workdir, "rw")):
            argv += ["--mount", _mount(source, target, mode)]
        for bind in extra_binds(job, sandbox):
            argv += ["--mount", _mount(bind.source, bind.target, "rw" if bind.writable else "ro")]
        argv += ["--nv"] if job.resources.gpus else []
        argv += ["--pwd", cwd(job), sandbox.image, "env", "-i"]
        return [*argv, *(f"{name}={value}" for name, value in environment(job).items()), *payload_argv(job)]

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        """Return the argv for a worker that sets the limits itself: Apptainer's own need root or systemd."""
        return Launch(tuple(self.argv(job, sandbox)), term="inside")

    def cleanup(self, job_id: str) -> list[str]:
        """Return nothing: a container of Apptainer ends with its processes."""
        return []

    def probe(self, *, trusted: bool = False) -> Probe:
        """Ask Apptainer for its version: it authorises no container over the host's own root, so none is tried."""
        program = shutil.which("apptainer")
        if program is None:
            return Probe(False, *advice.apptainer(gather_facts(), is_here=False), missing=True)
        try:
            done = subprocess.run(
                [program, "--version"],
                check=False,
                capture_output=True,
                text=True,
                timeout=_PROBE_S,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            said = f"{program} did not answer within {_PROBE_S} s"
            return Probe(False, *advice.apptainer(gather_facts(), said, slow=True))
        except OSError as problem:
            return Probe(False, *advice.apptainer(gather_facts(), f"{program} cannot be run: {problem}"))
        if done.returncode != 0:
            said = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
            return Probe(False, *advice.apptainer(gather_facts(), f"{program} does not work: {said}"))
        return Probe(True, f"{program}: {done.stdout.strip()}")


def _mount(source: str, target: str, mode: str) -> str:
    # Apptainer has no "rw" option: a mount without "ro" is writable.
    fields = ["type=bind", f"source={source}", f"destination={target}", *([mode] if mode == "ro" else [])]
    return ",".join('"' + field.replace('"', '""') + '"' if set(field) & set(',"') else field for field in fields)
