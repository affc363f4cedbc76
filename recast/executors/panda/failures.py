"""Why PanDA says that a job ended: by the exit code of what it ran, then by the pilot's own code. Pure.

An outcome of our worker counts for more than all of this, which is only asked where none was left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recast.executors.panda.answers import Job
from recast.jobs import FailureClass
from recast.worker.panda.own import NO_OUTCOME
from recast.worker.panda.transformation import NO_JOB

__all__ = ["failure_of", "words_of"]


def _each(failure: FailureClass, codes: Iterable[int]) -> dict[int, FailureClass]:
    return dict.fromkeys(codes, failure)


_PILOT: Mapping[int, FailureClass] = {
    # Site and container: no loop devices, no user namespaces, bind points, an image that cannot be mounted or found,
    # no Apptainer; phases before and after the payload; a queue that cannot do containers.
    **_each(
        FailureClass.INFRASTRUCTURE, (1306, 1307, 1308, 1309, 1325, 1340, 1345, 1348, 1356, 1357, 1360, 1372, 1384)
    ),
    # Pilot and node: set-up, lost contact, black holes, queues that are closed.
    **_each(
        FailureClass.INFRASTRUCTURE,
        (1008, 1110, 1116, 1117, 1143, 1149, 1186, 1199, 1240, 1301, 1302, 1303, 1310, 1317, 1318, 1319, 1320),
    ),
    **_each(FailureClass.INFRASTRUCTURE, (1324, 1327, 1330, 1332, 1336, 1341, 1342, 1344, 1359, 1365, 1367, 1376)),
    **_each(FailureClass.LOST, (1200, 1201, 1202, 1206, 1236)),
    **_each(FailureClass.DISK, (1098, 1333)),
    **_each(FailureClass.STAGING, (1099, 1100, 1103, 1137, 1151, 1152, 1171, 1172, 1180, 1181, 1331, 1361, 1368)),
    **_each(FailureClass.MEMORY, (1212, 1223, 1235)),
    **_each(FailureClass.WALLTIME, (1150, 1204, 1213)),
    **_each(FailureClass.AUTHENTICATION, (1163, 1177, 1338, 1364, 1373)),
    **_each(FailureClass.CANCELLED, (1144, 1205)),
    **_each(FailureClass.USER, (1104, 1106, 1124, 1165, 1168, 1203, 1305, 1328)),
}
"""Codes of panda-pilot 3.7 (`pilot/common/errorcodes.py`) and 3.11.

One that is not here says nothing that RECAST could act on.
"""

_PAYLOAD, _AFTER_PAYLOAD = 1305, 1357
_OF_WORKER = {NO_JOB: FailureClass.INFRASTRUCTURE, NO_OUTCOME: FailureClass.STAGING}
_NO_PAYLOAD = frozenset(code for code, failure in _PILOT.items() if failure is FailureClass.INFRASTRUCTURE)
_NOT_FOUND = (126, 127)
_OTHERS: Mapping[str, FailureClass] = {
    "brokerage": FailureClass.SUBMISSION,
    "jobDispatcher": FailureClass.LOST,
    "taskBuffer": FailureClass.INFRASTRUCTURE,
    "sup": FailureClass.INFRASTRUCTURE,
    "ddm": FailureClass.STAGING,
}
_KILLED_BY_USER = (100, 101, 102)
"""Codes of the task buffer for jobs that somebody ended."""


def failure_of(job: Job, *, is_own: bool = False) -> FailureClass | None:
    """Return the class of failure of a job that has ended, None if PanDA's word for its end says too little.

    What it ran had the last word if it was the payload: a container that never began has an exit code as well. With
    `is_own`, our worker was what it ran: that it left no outcome is no fault of the payload.
    """
    pilot = job.errors.get("pilot", (0, ""))[0]
    if is_own and job.exit_code and pilot in (0, _PAYLOAD):
        return _OF_WORKER.get(job.exit_code, FailureClass.LOST)
    by_pilot = _PILOT.get(pilot)
    is_of_payload = pilot == _AFTER_PAYLOAD or (pilot not in _NO_PAYLOAD and by_pilot in (None, FailureClass.USER))
    if job.exit_code and is_of_payload:
        return FailureClass.INFRASTRUCTURE if job.exit_code in _NOT_FOUND and not pilot else FailureClass.USER
    if by_pilot is not None:
        return by_pilot
    if job.status in ("cancelled", "closed") or job.errors.get("taskBuffer", (0, ""))[0] in _KILLED_BY_USER:
        return FailureClass.CANCELLED
    return next((failure for name, failure in _OTHERS.items() if name in job.errors), None)


def words_of(job: Job) -> str:
    """Return in one line why a job ended, as PanDA has it."""
    parts = [f"PanDA says {job.status}" + (f" ({job.substatus})" if job.substatus else "")]
    if job.exit_code:
        parts.append(f"exit code {job.exit_code}")
    parts += [f"{name} {code}" + (f": {words}" if words else "") for name, (code, words) in job.errors.items()]
    return "; ".join(parts)[:500]
