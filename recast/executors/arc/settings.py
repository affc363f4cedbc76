"""What can be set for ARC."""

from __future__ import annotations

from recast.executors.batch.settings import COMMON
from recast.executors.settings import Setting

__all__ = ["SETTINGS"]

SETTINGS = (
    Setting(
        "endpoints",
        "computing elements, such as https://ce.example.org:443/arex; several, separated by spaces, are used in turn",
    ),
    Setting("queue", "queue of the computing element; its default queue if not set"),
    Setting("proxy", "file with an X.509 proxy; X509_USER_PROXY or /tmp/x509up_u<uid> if not set"),
    Setting("token_file", "file with a bearer token, instead of a proxy"),
    Setting(
        "ca_dir",
        "certificates of the authorities to trust; X509_CERT_DIR or /etc/grid-security/certificates if not set",
    ),
    Setting("runtime_environments", "runtime environments that each job requests, separated by spaces"),
    Setting(
        "delegate",
        "delegate a proxy of the proxy to computing elements, for services there that require one",
        bool,
        False,
    ),
    Setting("array_size", "maximum number of jobs in one submission", int, 200),
    Setting("transfers", "maximum number of simultaneous file transfers", int, 16),
    Setting("output", "maximum output of one job", int, 50_000, amount="size"),
    Setting("timeout_s", "time limit for one response", float, 60.0),
    Setting("poll_s", "longest interval between two polls", float, 30.0),
    Setting("quick_poll_s", "shortest interval between two polls", float, 3.0),
    *COMMON,
)
"""Settings of the executor `arc`."""
