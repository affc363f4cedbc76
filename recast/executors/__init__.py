"""Where jobs run: a protocol, the executors behind it, and the tests that each of them passes."""

from recast.executors.protocol import Capabilities, Executor, JobStatus, Receipt

__all__ = ["Capabilities", "Executor", "JobStatus", "Receipt"]
