"""What a batch system is to us: five calls over lists, and a record of its traits.

A new batch system is one class with these calls. Packing, pacing, throttling, finding jobs after a crash, checking
what came back and deciding what is lost belong to `BatchExecutor`, which has one engine inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from recast.errors import ExecutorError
from recast.jobs import ContainerJob, FailureClass

__all__ = ["Array", "BatchSystem", "EngineState", "Refused", "Sighting", "Traits", "Watched"]


class EngineState(StrEnum):
    """What a batch system says of one job."""

    WAITING = "waiting"
    RUNNING = "running"
    HELD = "held"
    """It will not run until somebody does something; the reason says what."""
    ENDED = "ended"
    """It is over, well or badly: the outcome says which, if there is one."""
    GONE = "gone"
    """The system knows nothing of it."""

    @property
    def over(self) -> bool:
        """Whether it neither runs nor will."""
        return self in (EngineState.ENDED, EngineState.GONE)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a batch system can do, and what it should be spared.

    `shared_files`: nodes see the run's folder and the store at the driver's paths. If not, the engine takes each
    job's files along (`Array.files`) and brings its `out` folder home (`BatchSystem.collect`).
    `array_size`: most jobs in one submission. `poll_s`: the longest pause between two surveys; `quick_poll_s` the
    shortest, while things happen. `margin_s` is added to a job's wall time for staging, so that the worker's own
    watch bites first. `shows_stdout`: of a job that runs the engine shows its standard output and no other file, so
    that is where its log has to be. `outcomes_by_name`: nothing comes home; jobs leave outcome and log under their
    names at the store behind a URL, and all outputs there as well; the outcome of a job that is over may take
    `outcome_grace_s` to show up.
    """

    shared_files: bool = True
    array_size: int = 1000
    poll_s: float = 10.0
    quick_poll_s: float = 1.0
    margin_s: int = 120
    shows_stdout: bool = False
    outcomes_by_name: bool = False
    outcome_grace_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Array:
    """Jobs that are submitted in one go: of one image, one set of resources, one set of needs.

    `name` is unique and is how the engine finds the array again: it must be the name of the batch job (or an attribute
    that can be asked for). `folder` holds `worker.pyz` and `tasks/<index>.json` and may be used by the engine for
    files of its own below `engine/`. `command` is what a node runs, without the index of the job, which is its last
    argument: `python3 worker.pyz node tasks` (with whole paths where files are shared, else relative to the folder in
    which the job starts). `files[index]` are the files that the job takes along if files are not shared; each arrives
    under its own name. What it leaves is the folder `out`.
    """

    name: str
    folder: Path
    jobs: tuple[ContainerJob, ...]
    command: tuple[str, ...]
    files: tuple[tuple[Path, ...], ...] = ()
    avoid_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """An array that was submitted: its name, folder and native id, how many jobs it has and which of them are over."""

    name: str
    folder: Path
    native_id: str
    size: int
    over: Set[int]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a survey saw of one job of an array. `native_id` is what users type at the engine's own commands.

    `failure` is the engine's own word on why a job ended or is held, if it is sure of it (killed for memory, for wall
    time, node failed, credentials expired); an outcome counts for more. `is_left`: its node is done with it and the
    engine is not, so an outcome that is found by name may be there already.
    """

    array: str
    index: int
    state: EngineState
    native_id: str
    reason: str = ""
    failure: FailureClass | None = None
    host: str = ""
    is_left: bool = False


class Refused(ExecutorError):
    """The engine did not take a submission, and is sure of it; any other error leaves open whether it did.

    `failure` is AUTHENTICATION if new credentials would help, SPEC if no later try can be taken (an unknown
    partition, more memory than any node has), else SUBMISSION: it is tried again.
    """

    def __init__(self, what: str, *, failure: FailureClass = FailureClass.SUBMISSION, **rest: str) -> None:
        super().__init__(what, **rest)
        self.failure = failure


class BatchSystem(Protocol):
    """One batch system, reached by its own commands or interface. argv lists, never a shell string; every call ends.

    Every call may raise ExecutorError (could not ask: says nothing about jobs) and CredentialsProblem (expired or not
    accepted).
    """

    @property
    def name(self) -> str:
        """Return the executor's name as on the command line."""

    @property
    def traits(self) -> Traits:
        """Return what this engine can do; asked after `connect`."""

    async def connect(self) -> None:
        """Reach the engine once; raise ExecutorError with what is wrong and what to type if that fails."""

    async def submit(self, array: Array) -> str:
        """Submit an array in one call and return its native id; raise Refused if it was certainly not taken."""

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        """Return name -> native id of the arrays (name -> folder) that the engine knows, in one call, ended or not."""

    def native_id(self, array: str, index: int) -> str:
        """Return the native id of one job of an array with this native id: what users type at the engine's commands."""

    async def survey(self, arrays: Sequence[Watched]) -> list[Sighting]:
        """Return what there is to see of the arrays, in one call however many jobs they have.

        A job that is not among the sightings is as it was. So a job that waits need not be listed, and an engine that
        lists only what still waits or runs returns ENDED for the indexes that it misses and that are not in `over`.
        """

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        """Return what the engine's books say of jobs that ended without an outcome, by native id; {} if it has none."""

    async def collect(self, native_ids: Mapping[str, Path]) -> dict[str, str]:
        """Bring each job's `out` folder to a folder, as its subfolder `out`; return native id -> problem for the rest.

        Only for engines without shared files, unless outcomes are found by name. May be called again for the same job.
        A problem that another try may fix (the network, a full disk) is raised, not returned: what is returned is
        final.
        """

    async def forget(self, native_ids: Sequence[str]) -> None:
        """Let the engine drop its copy of jobs whose results are home; never raises for one that it has dropped."""

    async def cancel(self, native_ids: Sequence[str]) -> None:
        """Stop jobs or whole arrays, whatever state they are in."""

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        """Return what a running job has written to its log from `offset` on; None if the engine cannot tell."""

    async def close(self) -> None:
        """Let go of connections; jobs go on."""
