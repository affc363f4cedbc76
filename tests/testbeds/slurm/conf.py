"""The configuration files of the test-bed, as text."""

from __future__ import annotations

from pathlib import Path

__all__ = ["NODES", "PARTITION", "hosts", "slurm_conf", "slurmdbd_conf"]

NODES = ("node1", "node2", "node3")
PARTITION = "grid"

_SLURM = """\
ClusterName=recast
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={bed}/munge.sock
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={ctld}
StateSaveLocation={bed}/state
SlurmdSpoolDir={bed}/spool/%n
SlurmctldPidFile={bed}/slurmctld.own.pid
SlurmdPidFile={bed}/%n.own.pid
SlurmctldLogFile={bed}/log/slurmctld.log
SlurmdLogFile={bed}/log/%n.log
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=256
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
# Nodes with more processors than there are, which come back by themselves and are missed soon.
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
BatchStartTimeout=3
KillWait=2
# A busy site schedules every minute; tests have no time for that.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
"""
_ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
# With munge this is where its socket is.
AccountingStoragePass={bed}/munge.sock
AccountingStorageEnforce=associations,limits,qos
"""
_NODE = "NodeName={name} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=8000 State=UNKNOWN\n"
_PARTITIONS = f"""\
PartitionName={PARTITION} Nodes=ALL Default=YES MaxTime=1-00:00:00 State=UP
PartitionName=down Nodes=node3 MaxTime=10 State=DOWN
"""
_SLURMDBD = """\
AuthType=auth/munge
AuthInfo=socket={bed}/munge.sock
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
CommunicationParameters=NoInAddrAny
LogFile={bed}/log/slurmdbd.log
PidFile={bed}/slurmdbd.own.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
"""


def slurm_conf(bed: Path, ports: dict[str, int]) -> str:
    """Return slurm.conf; accounting is kept if `ports` has one for slurmdbd (`dbd`)."""
    accounting = _ACCOUNTING if "dbd" in ports else "AccountingStorageType=accounting_storage/none\n"
    nodes = "".join(_NODE.format(name=name, port=ports[name]) for name in NODES)
    return (_SLURM + accounting).format(bed=bed, **ports) + nodes + _PARTITIONS


def slurmdbd_conf(bed: Path, ports: dict[str, int]) -> str:
    """Return slurmdbd.conf."""
    return _SLURMDBD.format(bed=bed, **ports)


def hosts() -> str:
    """Return /etc/hosts as the nodes see it."""
    return f"127.0.0.1 localhost {' '.join(NODES)}\n"
