"""What goes on inside, as the page for operators shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from recast.counted import counted
from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.service.pages.shape import compact, items_of, mapping, moment_of, text

__all__ = ["shown_operations"]

_FULL = 0.9
_LONG_S, _HOUR_S = 600.0, 3600.0
_QUANTITIES = {
    "core_hours": "core-hours in 30 days",
    "upload_bytes": "bytes of uploads in 30 days",
    "ledger_bytes": "bytes of requests in 30 days",
    "open_requests": "open requests",
}


def shown_operations(document: JsonObject, base: str) -> JsonDict:
    """Return what the page shows: tables, and in front of them what needs somebody."""
    now = document.get("at")
    now = float(now) if is_finite(now) else 0.0
    work, outbox = mapping(document.get("work")), mapping(document.get("outbox"))
    return {
        "at": moment_of(now),
        "concerns": list(_concerns(document, now)),
        "counts": [
            (text(it.get("kind")), text(it.get("state")), text(it.get("count"))) for it in items_of(work.get("counts"))
        ],
        "work": [_work(it, base) for it in items_of(work.get("items"))],
        "runs": [_run(it, base, now) for it in items_of(document.get("runs"))],
        "dispatchers": [_dispatcher(it, now) for it in items_of(document.get("dispatchers"))],
        "failures": _failures(mapping(document.get("failures"))),
        "nodes": [
            {
                **{key: text(it.get(key), 255) for key in ("host", "attempts", "runs", "avoided_by")},
                "last": moment_of(it.get("last")),
            }
            for it in items_of(document.get("nodes"))
        ],
        "quotas": [_quota(it) for it in items_of(document.get("quotas"))],
        "outbox": {
            "waiting": text(outbox.get("waiting")),
            "since": text(outbox.get("since")),
            "refused": text(outbox.get("refused")),
            "items": [_letter(it, base) for it in items_of(outbox.get("items"))],
        },
        "streams": text(mapping(document.get("streams")).get("open")),
        "disk": _disk(mapping(document.get("disk"))),
    }


def _concerns(document: JsonObject, now: float) -> Iterator[str]:
    """Yield what needs somebody, in sentences."""
    dispatchers = items_of(document.get("dispatchers"))
    if not any(it.get("silent") is False for it in dispatchers):
        since = f" since {moment_of(dispatchers[0].get('at'))}" if dispatchers else ""
        yield f"No dispatcher has given a sign of life{since}: nothing runs, and no mail is sent."
    for run in items_of(document.get("runs")):
        told = run.get("told")
        if is_finite(told) and told < now - _LONG_S:
            yield f"Run {text(run.get('id'), 80)} was heard of last {_ago(now - told)}."
    stuck = [it for it in items_of(mapping(document.get("work")).get("items")) if (it.get("failures") or 0) >= 2]
    if stuck:
        yield f"The machines have failed {counted(len(stuck), 'piece')} of work twice or more."
    if refused := mapping(document.get("outbox")).get("refused"):
        yield f"The mail server has refused {counted(refused, 'letter') if isinstance(refused, int) else 'letters'}."
    disk = mapping(document.get("disk"))
    used, total = disk.get("used"), disk.get("total")
    if is_finite(used) and is_finite(total) and total and used / total > _FULL:
        yield f"The disk of the state folder is {used / total:.0%} full."


def _work(piece: JsonObject, base: str) -> JsonDict:
    return {
        "kind": text(piece.get("kind")),
        **_request(piece, base),
        "state": "has it" if piece.get("state") == "taken" else "waits",
        "wanted": text(piece.get("wanted"), 40),
        "by": text(piece.get("by"), 128),
        "until": moment_of(piece.get("until")),
        "not_before": moment_of(piece.get("not_before")),
        "tries": text(piece.get("tries")),
        "failures": text(piece.get("failures")),
        "why": text(piece.get("why"), 500),
    }


def _request(it: JsonObject, base: str) -> JsonDict:
    request = text(it.get("request"), 60)
    return {"request": request, "address": f"{base}/requests/{quote(request, safe='')}"}


def _run(run: JsonObject, base: str, now: float) -> JsonDict:
    told = run.get("told")
    return {
        "id": text(run.get("id"), 80),
        **_request(run, base),
        "state": "is to be cancelled" if run.get("cancelled") is True else text(run.get("state")),
        "noted": moment_of(run.get("noted")),
        "told": f"{moment_of(told)}, {_ago(now - told)}" if is_finite(told) else "never",
    }


def _dispatcher(it: JsonObject, now: float) -> JsonDict:
    at = it.get("at")
    names = ("runs", "most_runs", "executor", "runtime", "max_parallel")
    return {
        "owner": text(it.get("owner"), 128),
        "silent": it.get("silent") is True,
        "at": f"{moment_of(at)}, {_ago(now - at)}" if is_finite(at) else "",
        **{name: text(it.get(name), 100) for name in names},
        "build_images": it.get("build_images") is True,
        "policy": [
            {
                "file": text(rules.get("file"), 100),
                "problem": text(rules.get("problem"), 300),
                "rules": [(text(name), compact(value)) for name, value in mapping(rules.get("rules")).items()],
            }
            for rules in items_of(it.get("policy"))
        ],
    }


def _failures(failures: JsonObject) -> list[JsonDict]:
    """Return a row for each class and executor, with the numbers of the day and of the week."""
    day = {_kind(it): it for it in items_of(failures.get("day"))}
    rows = []
    for it in items_of(failures.get("week")):
        today = day.get(_kind(it), {})
        rows.append(
            {
                "failure": text(it.get("failure")),
                "executor": text(it.get("executor")),
                "day": text(today.get("attempts", 0)),
                "week": text(it.get("attempts")),
                "runs": text(it.get("runs")),
            }
        )
    return rows


def _kind(it: JsonObject) -> tuple[str, str]:
    return text(it.get("failure")), text(it.get("executor"))


def _quota(it: JsonObject) -> JsonDict:
    what, used, most = text(it.get("what")), it.get("used"), it.get("most")
    share = f"{used / most:.0%}" if is_finite(used) and is_finite(most) and most else ""
    return {
        "user": text(it.get("user"), 60),
        "what": _QUANTITIES.get(what, what),
        "used": _amount(used),
        "most": _amount(most),
        "share": share,
    }


def _letter(it: JsonObject, base: str) -> JsonDict:
    return {
        **{key: text(it.get(key), 100) for key in ("person", "text", "tries", "why")},
        **_request(it, base),
        "not_before": moment_of(it.get("not_before")),
    }


def _disk(disk: JsonObject) -> str:
    used, total, free = disk.get("used"), disk.get("total"), disk.get("free")
    if not (is_finite(used) and is_finite(total) and is_finite(free)):
        return "nobody can tell"
    return f"{free / 1e9:.1f} GB free of {total / 1e9:.1f} GB"


def _amount(value: JsonValue) -> str:
    return (f"{value:,.0f}" if value >= 1000 else f"{value:.4g}") if is_finite(value) else ""


def _ago(seconds: float) -> str:
    """Return how long ago something was; a clock that is ahead makes it now."""
    if seconds < 90:
        return f"{max(0.0, seconds):.0f} s ago"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / _HOUR_S:.0f} h ago" if seconds < 48 * _HOUR_S else f"{seconds / 24 / _HOUR_S:.0f} days ago"
