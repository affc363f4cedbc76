"""Where jobs run: the executor protocol, its implementations, and the conformance suite that each of them passes."""

from recast.executors.protocol import Capabilities, Executor, JobStatus, Receipt

__all__ = ["Capabilities", "Executor", "JobStatus", "Receipt"]
