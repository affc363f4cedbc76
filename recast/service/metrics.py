"""What the service measures of itself, for Prometheus; strangers see only what is the same for everybody."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from recast._version import __version__

__all__ = ["MEDIA_TYPE", "Metrics"]

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_BUCKETS_S = (0.005, 0.01, 0.025, 0.06, 0.2, 1.0, 5.0)


class Metrics:
    """Counters of one web process, in registries of their own: one for everybody, one for operators."""

    def __init__(self) -> None:
        self._public, self._own = CollectorRegistry(), CollectorRegistry()
        Gauge("recast_info", "The version of the service", ["version"], registry=self._public).labels(__version__).set(
            1
        )
        ProcessCollector(registry=self._own)
        names = ["method", "route", "status"]
        self._requests = Counter("recast_http_requests", "Requests answered", names, registry=self._own)
        self._took = Histogram(
            "recast_http_seconds", "Time to answer", ["method", "route"], buckets=_BUCKETS_S, registry=self._own
        )
        self._streams = Gauge("recast_streams", "Event streams that are open", registry=self._own)

    def note(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count a request; a method that HTTP does not have is no label."""
        method = method if method in _METHODS else "(other)"
        self._requests.labels(method, route, str(status)).inc()
        self._took.labels(method, route).observe(took_s)

    def stream(self, change: int) -> None:
        """Count an event stream in (1) or out (-1)."""
        self._streams.inc(change)

    def text(self, *, everything: bool) -> bytes:
        """Return the metrics as Prometheus reads them."""
        shown = generate_latest(self._public)
        return shown + generate_latest(self._own) if everything else shown
