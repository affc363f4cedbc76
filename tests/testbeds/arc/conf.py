"""The configuration of the computing element, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["QUEUE", "USER", "arc_conf"]

QUEUE = "grid"
USER = "recast-arc"
"""Who jobs run as; made by the test-bed."""

# A site looks every three minutes; tests have no time for that.
_CONF = """\
[common]
hostname = localhost
x509_host_key = {bed}/authority/host-key.pem
x509_host_cert = {bed}/authority/host.pem
x509_cert_dir = {bed}/authority/certificates

[authgroup:all]
file = {bed}/allowed-subjects

[authtokens]

[authgroup:tokens]
authtokens = * {issuer} * * *

[mapping]
map_to_user = all {user}:{user}
map_to_user = tokens {user}:{user}

[lrms]
lrms = {lrms}
{lrms_options}
[arex]
loglevel = INFO
logfile = {bed}/log/arex.log
joblog = {bed}/log/jobs.log
pidfile = {bed}/run/arex.pid
sessiondir = {sessions}
controldir = {bed}/control
tmpdir = {bed}/tmp
helperlog = {bed}/log/helper.log
mail = nobody@localhost
wakeupperiod = 1
infoproviders_timelimit = 60
maxrerun = 0

[arex/ws]
wsurl = https://localhost:{port}/arex
logfile = {bed}/log/ws.log
pidfile = {bed}/run/ws.pid

[arex/ws/jobs]
allowaccess = all tokens

[infosys]
loglevel = WARNING
logfile = {bed}/log/infosys.log

[infosys/glue2]

[infosys/cluster]

[queue:{queue}]
"""
_SLURM = "slurm_wakeupperiod = 1\nslurm_use_sacct = no\n"


def arc_conf(bed: Path, sessions: Path, ports: Mapping[str, int], lrms: str) -> str:
    """Return arc.conf of a computing element in front of `fork` (this machine) or `slurm`.

    It listens on the port `ws`, and takes tokens of an issuer on the port `issuer`.
    """
    options = _SLURM if lrms == "slurm" else ""
    return _CONF.format(
        bed=bed,
        sessions=sessions,
        port=ports["ws"],
        issuer=f"https://localhost:{ports['issuer']}/",
        lrms=lrms,
        lrms_options=options,
        queue=QUEUE,
        user=USER,
    )
