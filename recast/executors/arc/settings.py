"""What can be set for ARC."""

from __future__ import annotations

from recast.executors.batch.settings import COMMON
from recast.executors.settings import Setting

__all__ = ["SETTINGS", "words"]

SETTINGS = (
    Setting(
        "endpoints",
        "computing elements, such as https://ce.example.org:443/arex; several, with blanks between, take turns",
    ),
    Setting("queue", "queue of the computing element; its default one if not set"),
    Setting("proxy", "file with an X.509 proxy; X509_USER_PROXY or /tmp/x509up_u<uid> if not set"),
    Setting("token_file", "file with a bearer token, instead of a proxy"),
    Setting(
        "ca_dir",
        "certificates of the authorities to trust; X509_CERT_DIR or /etc/grid-security/certificates if not set",
    ),
    Setting("runtime_environments", "runtime environments that each job asks for, with blanks between"),
    Setting(
        "delegate",
        "give computing elements a proxy of the proxy, for those of their services that want one",
        bool,
        False,
    ),
    Setting("array_size", "most jobs in one submission", int, 200),
    Setting("transfers", "most files under way at a time", int, 16),
    Setting("output", "most that one job may send home", int, 50_000, amount="size"),
    Setting("timeout_s", "how long one answer may take", float, 60.0),
    Setting("poll_s", "longest pause between two looks", float, 30.0),
    Setting("quick_poll_s", "shortest pause between two looks", float, 3.0),
    *COMMON,
)
"""Settings of the executor `arc`."""


def words(value: str | None) -> tuple[str, ...]:
    """Return the words of a setting that takes several."""
    return tuple((value or "").replace(",", " ").split())
