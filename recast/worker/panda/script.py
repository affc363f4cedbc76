"""The script that runs a payload in a container which somebody else has started. Pure.

The image needs nothing but `sh` and `env`; with `timeout` the wall time holds. Nothing is mounted for the payload, so
its logical paths are rewritten to the folder of the job, as for a process on the host.
"""

from __future__ import annotations

import shlex
from typing import Optional

from recast.worker.files.staging import RUN_ROOT
from recast.worker.json_types import JsonObject
from recast.worker.payload import JOB_ID_VARIABLE, host_payload

__all__ = ["BEGAN", "EXIT", "PAYLOAD", "SECRETS", "STDIN", "payload_script"]

PAYLOAD = "recast_payload.sh"
BEGAN, EXIT, STDIN = "began", "exit", "stdin"
"""Files in the `recast` folder: made when the payload begins, holding its exit code, holding its standard input."""

SECRETS = "secrets"
"""The folder there with a file for each secret, from before the container to after it."""

_KILL_AFTER_S = 30
_LIMIT_UNIT_BYTES = 512


def payload_script(job: JsonObject, root: str) -> tuple[str, Optional[str]]:
    """Return the script and the payload's standard input (None for nothing); `root` is the `recast` folder inside.

    Raises Failure (`spec`) for a job that has no command.
    """
    work, inputs = f"{root}/attempt/work", f"{root}/attempt/in"
    payload = host_payload(job, work, inputs)
    env = {name: payload.env[name] for name in (*job["env"], JOB_ID_VARIABLE)}
    secrets = [text.partition("=") for text in (job.get("wishes") or {}).get("secrets") or ()]
    cwd = job["cwd"] if job["cwd"] and not job["cwd"].startswith(RUN_ROOT) else payload.cwd
    words = ["env", *(f"{name}={value}" for name, value in env.items()), *payload.argv]
    resources = job["resources"]
    limit = -(-resources["disk_mb"] * 1_000_000 // _LIMIT_UNIT_BYTES)
    stdin = f'"$recast/{STDIN}"' if payload.stdin is not None else "/dev/null"
    text = f"""\
#!/bin/sh
# Written by RECAST: runs the payload of {job["job_id"]} where the pilot has started its container.
recast={shlex.quote(root)}
if ! ( : > "$recast/{BEGAN}" ) 2>/dev/null; then
    echo "recast: the folder of the job is not at $recast in this container" >&2
    exit 125
fi
{_reads(secrets)}cd {shlex.quote(cwd)} || exit 125
limit=''
if timeout -k 1 9 true 2>/dev/null; then
    limit='timeout -k {_KILL_AFTER_S} {resources["walltime_s"]}'
elif timeout 9 true 2>/dev/null; then
    limit='timeout {resources["walltime_s"]}'
fi
# In a shell of its own, which a file that is too large ends instead of this one.
( ulimit -f {limit} 2>/dev/null; exec $limit {shlex.join(words)} ) < {stdin} >> "$recast/attempt/log" 2>&1
code=$?
echo "$code" > "$recast/{EXIT}"
# A pilot takes these for words of its own.
case $code in 146 | 160 | 161 | 162) exit 1 ;; esac
exit "$code"
"""
    return text, payload.stdin


def _reads(secrets: list[tuple[str, str, str]]) -> str:
    """Return what puts secrets into variables: no value ever stands in the script, or in an argv."""
    lines = [f'export RECAST_SECRETS="$recast/{SECRETS}"\n'] if secrets else []
    for name, _, variable in secrets:
        if variable:
            lines.append(f'{variable}="$(cat "$recast/{SECRETS}/{name}")" && export {variable} || exit 125\n')
    return "".join(lines)
