"""`resources` of an environment, in packtivity's and REANA's terms, as needs and limits of a job."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recast.json_types import JsonValue

__all__ = ["KNOWN_HINTS", "bounds_of", "needs_of", "unknown_resources"]

_WORDS = {"CVMFS": "cvmfs", "GRIDProxy": "grid-proxy", "KRB5Auth": "kerberos"}
_FLAGS = {"kerberos": "kerberos", "voms_proxy": "grid-proxy", "rucio": "grid-proxy", "cvmfs": "cvmfs"}
_BYTES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FLAVOURS_S = {
    "espresso": 1_200,
    "microcentury": 3_600,
    "longlunch": 7_200,
    "workday": 28_800,
    "tomorrow": 86_400,
    "testmatch": 259_200,
    "nextweek": 604_800,
}
"""JobFlavour of CERN's HTCondor pool, in seconds (batchdocs.web.cern.ch, 'Job flavours')."""

KNOWN_HINTS = frozenset(
    {"compute_backend", "htcondor_accounting_group", "kubernetes_uid", "kubernetes_cpu_request", "kubernetes_cpu_limit"}
    | {"kubernetes_memory_request", "slurm_partition", "unpacked_img", "kubernetes_queue"}
)
"""REANA's keys for its own back ends, which are ignored: here the spec does not choose the executor."""

_MEMORY, _TIMES = ("kubernetes_memory_limit",), ("htcondor_max_runtime", "kubernetes_job_timeout", "slurm_time")


def needs_of(resources: Iterable[JsonValue]) -> tuple[str, ...]:
    """Return what the site must provide: `cvmfs`, `grid-proxy`, `kerberos`; sorted."""
    found: set[str] = set()
    for item in resources:
        if isinstance(item, str) and item in _WORDS:
            found.add(_WORDS[item])
        elif isinstance(item, dict):
            found |= {_FLAGS[key] for key, value in item.items() if key in _FLAGS and value}
    return tuple(sorted(found))


def bounds_of(resources: Iterable[JsonValue]) -> dict[str, int]:
    """Return the limits from REANA's hints: `memory_mb` and `walltime_s`; invalid ones are ignored."""
    bounds: dict[str, int] = {}
    for item in resources:
        for key, value in item.items() if isinstance(item, dict) else ():
            amount = _megabytes(value) if key in _MEMORY else _seconds(value) if key in _TIMES else None
            if amount:
                bounds["memory_mb" if key in _MEMORY else "walltime_s"] = amount
    return bounds


def unknown_resources(resources: Iterable[JsonValue]) -> list[str]:
    """Return the unknown resources."""
    known = {*_FLAGS, *_MEMORY, *_TIMES, *KNOWN_HINTS, "recast"}
    return [
        str(item if not isinstance(item, dict) else key)
        for item in resources
        for key in (item if isinstance(item, dict) else (item,))
        if (isinstance(item, dict) and key not in known) or (not isinstance(item, dict) and item not in _WORDS)
    ]


def _megabytes(value: JsonValue) -> int | None:
    """Return `256Mi`, `8G` or a number of bytes in MB (10^6 bytes), rounded up; Kubernetes' suffixes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]i?|)", str(value).strip())
    return max(1, -int(-float(found[1]) * _BYTES[found[2]] // 10**6)) if found and found[2] in _BYTES else None


def _seconds(value: JsonValue) -> int | None:
    """Return seconds of a number `2h30m`, `1-12:00:00` or a flavour of the pool."""
    text = str(value).strip()
    if text in _FLAVOURS_S or text.isdecimal():
        return _FLAVOURS_S.get(text) or int(text)
    clock = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+)(?::(\d+))?", text)
    if clock:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return days * 86_400 + hours * 3600 + minutes * 60 + seconds
    parts = re.findall(r"(\d+)\s*([smhd])", text)
    return sum(int(count) * _SECONDS[unit] for count, unit in parts) or None
