"""What the machines of the pool are told: one file for each, and one for whoever talks to the pool from outside."""

from __future__ import annotations

__all__ = ["DOMAIN", "HEAD", "NODES", "USER", "client_config", "machine_config"]

DOMAIN = "recast.test"
HEAD = "head"
NODES = ("node-a", "node-b")
USER = "grid"

_COMMON = """\
RELEASE_DIR = /usr
LOCAL_DIR = /bed
RUN = /run/condor
LOG = /bed/log
LOCK = /run/condor/lock
SPOOL = /bed/spool
EXECUTE = /bed/execute
LIB = /usr/lib/condor
LIBEXEC = /usr/libexec/condor
CRED_STORE_DIR = /bed/cred
DAEMON_SOCKET_DIR = /run/condor/sockets
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:{port}
NETWORK_INTERFACE = 127.0.0.1
NETWORK_HOSTNAME = {name}.{domain}
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
UID_DOMAIN = {domain}
FILESYSTEM_DOMAIN = {filesystem}
TRUST_DOMAIN = {domain}
TRUST_UID_DOMAIN = True
use security:recommended
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS
SEC_CLIENT_AUTHENTICATION_METHODS = FS, IDTOKENS
SEC_PASSWORD_DIRECTORY = /bed/secrets
SEC_TOKEN_POOL_SIGNING_KEY_FILE = /bed/secrets/POOL
SEC_TOKEN_SYSTEM_DIRECTORY = /bed/secrets/tokens
SEC_USE_FAMILY_SESSION = False
DISCARD_SESSION_KEYRING_ON_STARTUP = False
CREATE_LOCKS_ON_LOCAL_DISK = False
MASTER_UPDATE_INTERVAL = 5
MASTER_BACKOFF_CONSTANT = 1
MASTER_BACKOFF_CEILING = 3
RUNBENCHMARKS = 0
STATISTICS_TO_PUBLISH = NONE
MAIL = /bin/true
MAX_DEFAULT_LOG = 20 Mb
"""

_HEAD = """\
DAEMON_LIST = MASTER, COLLECTOR, NEGOTIATOR, SCHEDD, SHARED_PORT
USE_SHARED_PORT = True
SHARED_PORT_PORT = {port}
SCHEDD_NAME = schedd@{domain}
ALLOW_WRITE = *
ALLOW_ADVERTISE_MASTER = condor@{domain}
ALLOW_ADVERTISE_STARTD = condor@{domain}
ALLOW_DAEMON = condor@{domain}, condor@{name}.{domain}
ALLOW_NEGOTIATOR = condor@{domain}, condor@{name}.{domain}
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
SHADOW_QUEUE_UPDATE_INTERVAL = 10
SCHEDD_QUERY_WORKERS = 4
MAX_JOBS_RUNNING = 100
# So that a node that died is given up within a test.
JOB_DEFAULT_LEASE_DURATION = 20
ALIVE_INTERVAL = 10
SHADOW_CHECKPROC_INTERVAL = 5
"""

_NODE = """\
DAEMON_LIST = MASTER, STARTD
USE_SHARED_PORT = False
STARTD_NAME = {name}
ALLOW_DAEMON = condor@{domain}
NUM_CPUS = {cpus}
MEMORY = {memory_mb}
NUM_SLOTS_TYPE_1 = 1
SLOT_TYPE_1 = 100%
SLOT_TYPE_1_PARTITIONABLE = True
RECAST_NODE = "{name}"
STARTD_ATTRS = $(STARTD_ATTRS) RECAST_NODE
START = True
SUSPEND = False
PREEMPT = False
KILL = False
UPDATE_INTERVAL = 5
STARTER_UPDATE_INTERVAL = 5
STARTER_INITIAL_UPDATE_INTERVAL = 2
POLLING_INTERVAL = 1
SINGULARITY = /usr/bin/apptainer
SINGULARITY_EXTRA_ARGUMENTS = --no-https --net --network none
DOCKER =
"""

_CLIENT = """\
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:{port}
NETWORK_INTERFACE = 127.0.0.1
ENABLE_IPV6 = False
SEC_TOKEN_DIRECTORY = {tokens}
SEC_CLIENT_AUTHENTICATION_METHODS = IDTOKENS
SEC_DEFAULT_AUTHENTICATION_METHODS = IDTOKENS
"""


def machine_config(name: str, port: int, cpus: int = 4) -> str:
    """Return the configuration of the head or of a node; `port` is the one port that the head listens on.

    A node says that it has `cpus` cores, whatever this machine has.
    """
    # Files are shared by nobody: each job's go over the wire, also between two machines that are one.
    text = _COMMON + (_HEAD if name == HEAD else _NODE)
    return text.format(
        name=name, port=port, domain=DOMAIN, filesystem=f"{name}.{DOMAIN}", cpus=cpus, memory_mb=2000 * cpus
    )


def client_config(port: int, tokens: str) -> str:
    """Return what a client outside of the machines needs."""
    return _CLIENT.format(port=port, tokens=tokens)
