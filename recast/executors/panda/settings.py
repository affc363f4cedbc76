"""What can be set for PanDA."""

from __future__ import annotations

from recast.executors.batch.settings import COMMON
from recast.executors.settings import Setting

__all__ = ["SETTINGS"]

SETTINGS = (
    Setting("server", "the PanDA server, such as https://pandaserver.example.org:25443", stays="jobs"),
    Setting("source_url", "where nodes fetch sandboxes; the PanDA server if not set"),
    Setting("vo", "virtual organisation and role to act for, such as wlcg or wlcg:production"),
    Setting("token_file", "file with an OIDC token, read again whenever it changes"),
    Setting("proxy", "file with an X.509 proxy, instead of a token"),
    Setting("ca_dir", "certificates of the authorities to trust; those of this machine and its grid if not set"),
    Setting(
        "mode",
        "who starts the container on a node: PanDA's pilot, or RECAST's own worker with a runtime of the site",
        default="pilot",
        choices=("pilot", "own"),
        stays="run",
    ),
    Setting("trans_path", "URL of RECAST's transformation, at one of the places that the pilots accept"),
    Setting(
        "user", "first part of the names of tasks and logs, such as user.jdoe", default="user.recast", stays="jobs"
    ),
    Setting("site", "the site (PanDA queue) to run at; PanDA chooses if not set"),
    Setting("included_sites", "sites to choose from, separated by spaces"),
    Setting("excluded_sites", "sites to avoid, separated by spaces"),
    Setting("working_group", "working group whose share is used"),
    Setting("architecture", "platform, processor and GPU in PanDA's words, such as @el9#x86_64&nvidia", default=""),
    Setting("prod_source_label", "kind of task, which decides about shares and pilots", default="user"),
    Setting("processing_type", "processing type of the tasks", default="recast-jedi-run"),
    Setting("priority", "priority of the tasks; PanDA's default if not set", int),
    Setting("container_args", "arguments for the pilot's container: any of --nocvmfs, --nohome", default=""),
    Setting(
        "container_folder",
        "where a job finds its folder in the pilot's container; empty for the same place as on the node",
        default="/srv",
    ),
    Setting("use_secrets", "let the pilot give the job your PanDA user secrets", bool, False),
    Setting(
        "store_token_secret", "name of the PanDA user secret with the bearer token of nodes for store_url", default=""
    ),
    Setting("no_looping_check", "switch off the pilot's check for jobs that write nothing for long", bool, False),
    Setting(
        "holding_s", "how long a job may be in state holding before it counts as failed", int, 6 * 3600, amount="time"
    ),
    Setting(
        "waiting_s",
        "how long a job may wait for a site before it counts as refused; 0 for no limit",
        int,
        0,
        least=0,
    ),
    Setting(
        "outcome_grace_s",
        "how long the outcome of a finished job may take to appear at store_url",
        float,
        120.0,
        least=0,
    ),
    Setting("array_size", "maximum number of jobs in one task", int, 1000),
    Setting("timeout_s", "time limit for one response", float, 60.0),
    Setting("poll_s", "longest interval between two polls", float, 60.0),
    Setting("quick_poll_s", "shortest interval between two polls", float, 5.0),
    *COMMON,
)
"""Settings of the executor `panda`."""
