"""One job on a node of a batch system: get at what it needs, run the attempt, leave what came of it.

Where the node sees the run's folder and the store, that is all. Where it does not, the job starts in a folder of its
own with the files that came along: each input under the digits of its digest. It then leaves a folder `out`:
`outcome.json`, `log`, and each new output under the digits of its digest. While it runs, its log is `attempt/log`.
Where nothing is sent back (`by_name`), all of this is left at the store behind a URL instead.
Where a batch system shows only the standard output of a running job, that file is the log, and is sent back as that.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable

from recast.worker.attempt import Attempt
from recast.worker.failure import Failure, Stopped, failure_of
from recast.worker.files.staging import blob_path
from recast.worker.json_types import JsonDict, JsonObject
from recast.worker.limits.cgroup import Group
from recast.worker.limits.hierarchy import take_hierarchy
from recast.worker.slot import become_runner, last_word, say_unheld

__all__ = ["NotOurs", "attempt_here", "get_ready", "run_on_node"]

TASK_VERSION = 1
_CHUNK_BYTES = 1 << 20


def run_on_node(tasks: str, index: str, *, log_on_stdout: bool = False) -> int:
    """Run task `index` of the folder `tasks`; return 0 if an outcome was written, whatever it says."""
    try:
        with open(f"{tasks}/{index}.json", encoding="utf-8") as file:
            task: JsonDict = json.load(file)
    except (OSError, ValueError) as problem:
        raise SystemExit(f"recast worker: task {index} cannot be read: {problem}") from None
    if task["version"] != TASK_VERSION:
        raise SystemExit(f"recast worker: task schema version {task['version']}, this is {TASK_VERSION}")
    here = os.getcwd()
    is_carried = not task["attempt_dir"]
    if is_carried:
        task.update(attempt_dir=here + "/attempt", store=here + "/store")
        if task.get("far") and task["far"]["token"]:
            task["far"]["token"] = f"{here}/{task['far']['token']}"
    try:
        outcome = attempt_here(
            task,
            lambda: get_ready(task, here if is_carried else "", log_on_stdout=log_on_stdout),
            lambda outputs: _send(task, outputs),
        )
    except (Stopped, NotOurs):
        return 1
    if (task.get("far") or {}).get("by_name"):
        from recast.worker.remote.leave import leave

        return 0 if leave(task, outcome) else 1
    if is_carried:
        _leave(task, outcome, here + "/out")
    _say(outcome)
    return 0


class NotOurs(Exception):
    """The folder of an attempt was another one's already, with an outcome in it that must stay."""


def attempt_here(
    task: JsonObject, make_ready: Callable[[], JsonObject], send: Callable[[list[JsonDict]], list[str]]
) -> JsonDict:
    """Run one attempt in this process and return its outcome; raises Stopped, NotOurs."""
    become_runner()
    _keep_to_itself()
    # A batch system keeps its jobs together by their group: nobody is asked for another one.
    group = Group(take_hierarchy(may_ask=False))
    attempt = Attempt(
        task,
        group,
        lambda: False,
        make_ready=make_ready,
        send=send,
        tell_unheld=lambda names: say_unheld(names, group.lack),
    )
    try:
        outcome = attempt.run(lambda pid: None)
    finally:
        group.remove()
    if not attempt.is_ours:
        _say(outcome)
        raise NotOurs
    return outcome


def _keep_to_itself() -> None:
    """Let the payload inherit no file that the batch system left open in us, such as its own log (ARC does)."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the listing itself is closed by now
            if int(name) > 2:
                os.set_inheritable(int(name), False)


def get_ready(task: JsonObject, carried: str = "", *, log_on_stdout: bool = False) -> JsonObject:
    """Return the `runtime` that starts this job here, with its image at hand; raise Failure.

    `carried` is the folder with what came along, empty if nothing did.
    """
    if log_on_stdout:
        _link_stdout(f"{task['attempt_dir']}/log")
    if carried:
        _unpack(task, carried)
    if task.get("far"):
        from recast.worker.remote.data import bring_inputs

        bring_inputs(task)
    if task["image"] is None:
        host: JsonObject = task["runtimes"]["host"]
        return host
    from recast.worker.nodeimage import obtain, started_by

    found = obtain(task["image"], task["runtimes"])
    return started_by(task["runtimes"][found.runtime], found.image, task["attempt_dir"])


def _send(task: JsonObject, outputs: list[JsonDict]) -> list[str]:
    """Bring all or large outputs to the store behind a URL, if there is one; return the digests of what is there."""
    if not task.get("far"):
        return []
    if task["far"].get("by_name"):
        from recast.worker.remote.leave import send_all

        return send_all(task, outputs)
    from recast.worker.remote.data import send_outputs

    return send_outputs(task, outputs)


def _unpack(task: JsonObject, here: str) -> None:
    """Move the inputs that came along to where the attempt looks for them; raise Failure if one has other bytes.

    One that did not come is found missing when it is staged in.
    """
    for artifact in task["job"]["inputs"]:
        target = blob_path(task["store"], artifact["digest"])
        source = f"{here}/{os.path.basename(os.path.dirname(target))}{os.path.basename(target)}"
        source = source if os.path.exists(source) else f"{here}/{os.path.basename(target)}"
        try:
            if os.path.exists(target) or not os.path.exists(source):
                continue
            if "sha256:" + _sha256(source) != artifact["digest"]:
                raise Failure("staging", f"{artifact['path']} arrived with other bytes than were sent")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.chmod(source, 0o555 if artifact["executable"] else 0o444)
            os.rename(source, target)
        except OSError as problem:
            raise failure_of(problem, "staging") from None


def _leave(task: JsonObject, outcome: JsonObject, out: str) -> None:
    """Put the outcome, the log and the new outputs into the folder that is sent back."""
    os.makedirs(out, exist_ok=True)
    came_along = {artifact["digest"] for artifact in task["job"]["inputs"]}
    for output in outcome["outputs"]:
        target = f"{out}/{output['digest'].partition(':')[2]}"
        if output["digest"] not in {*came_along, *outcome["far"]} and not os.path.exists(target):
            os.link(blob_path(task["store"], output["digest"]), target)
    for name in ("log", "outcome.json"):
        path = f"{task['attempt_dir']}/{name}"
        if os.path.exists(path) and not _is_stdout(path):
            os.link(path, f"{out}/{name}")


def _link_stdout(log: str) -> None:
    """Make the log the same file as our standard output; where that is none, it is shown when the job has ended."""
    with contextlib.suppress(OSError):
        if stat.S_ISREG(os.fstat(1).st_mode):
            os.link(os.readlink("/proc/self/fd/1"), log)


def _is_stdout(path: str) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(1))
    except OSError:  # it is closed
        return False


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(_CHUNK_BYTES):
            digest.update(data)
    return digest.hexdigest()


def _say(outcome: JsonObject) -> None:
    """Leave one line in the batch system's own log of the job."""
    end = "succeeded" if outcome["failure"] is None else f"failed ({outcome['failure']}): {outcome['message']}"
    last_word(f"{outcome['job_id']} on {outcome['host']} {end}")
