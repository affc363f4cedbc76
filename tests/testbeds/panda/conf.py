"""The configuration of panda-server's request entry, as files; PANDA_HOME says where they are."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["CLIENT_ID", "ORIGIN", "write_conf"]

CLIENT_ID = "recast-test-bed"
ORIGIN = "wlcg"
"""The virtual organisation of the test-bed; `wlcg:production` is the server's own role."""

# No database is behind it (far/buffer.py); a number of connections other than 0 makes the entry initialise all modules.
_SERVER = """\
[server]
logdir = {home}/log
cache_dir = {home}/cache
auth_config = {home}/auth
backend = mysql
dbhost = none
dbuser = none
dbpasswd = none
dbname = none
dbport = 0
nDBConnection = 1
useFastCGI = False
entryVerbose = False
pserverhost = localhost
pserverport = {port}
pserverhosthttp = localhost
pserverporthttp = {port}
pserverportcache = {port}
pserveralias = localhost
legacy_token_issuers =
"""
# Where it would send monitoring data to: nowhere.
_COMMON = """\
[logger]
loghost = localhost
monport-apache = 9
monurlprefix = /none
method = GET
encoding = url
logdir = {home}/log
log_level = INFO
"""


def write_conf(home: Path, port: int) -> None:
    """Write all that the entry reads: PanDA's files, and whom it believes."""
    for name in ("etc/panda", "auth", "log", "cache", "trf"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "etc/panda/panda_server.cfg").write_text(_SERVER.format(home=home, port=port))
    (home / "etc/panda/panda_common.cfg").write_text(_COMMON.format(home=home))
    (home / "etc/panda/panda_jedi.cfg").write_text("[master]\n[db]\n[ddm]\n")
    for name in (ORIGIN, f"{ORIGIN}.production"):
        believed = {
            "client_id": CLIENT_ID,
            "client_secret": "",
            "audience": CLIENT_ID,
            "oidc_config_url": f"http://localhost:{port}/issuer/openid-configuration",
            "vo": ORIGIN,
            "jwt_profile": "",
        }
        (home / f"auth/{name}_auth_config.json").write_text(json.dumps(believed))
