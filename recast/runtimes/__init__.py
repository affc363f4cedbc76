"""Container runtimes: bubblewrap, Podman, Docker and Apptainer, each a pure function from a job to an argv."""

from recast.runtimes.choice import choose_runtime, runtime_by_name, runtime_names
from recast.runtimes.protocol import Launch, Probe, Runtime, Sandbox

__all__ = ["Launch", "Probe", "Runtime", "Sandbox", "choose_runtime", "runtime_by_name", "runtime_names"]
