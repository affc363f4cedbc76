"""The configuration of the object store, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["ceph_conf"]

# One of everything, without keys between them, and nothing on a disk but their logs.
_CONF = """\
[global]
fsid = {identity}
mon host = [v2:127.0.0.1:{mon}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms mon client mode = crc
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
run dir = {bed}/run
crash dir = {bed}/run
admin socket = {bed}/run/$name.asok
pid file = {bed}/run/$name.pid
log file = {bed}/log/$name.log
keyring = {bed}/keyring
mon data = {bed}/mon
osd data = {bed}/osd
rgw data = {bed}/gateway

[client.gateway]
rgw frontends = beast endpoint=127.0.0.1:{gateway}
"""


def ceph_conf(bed: Path, identity: str, ports: Mapping[str, int]) -> str:
    """Return ceph.conf; `ports` has one for the monitor and one for the gateway."""
    return _CONF.format(bed=bed, identity=identity, **ports)
