"""What can be set for every batch system alike."""

from __future__ import annotations

from recast.executors.settings import Setting

__all__ = ["COMMON"]

COMMON = (
    Setting("python", "the Python that starts the worker on a node, 3.9 or newer", default="python3"),
    Setting("max_queued", "most jobs of one run that the engine has at a time", int, 10_000, stays="run"),
    Setting(
        "growth",
        "by how much memory or wall time grow when a job ran out of it; 1 for never",
        float,
        2.0,
        least=1,
        stays="run",
    ),
    Setting(
        "memory_cap_mb",
        "the most memory that growth gives to a job, in megabytes (10^6 bytes)",
        int,
        16_000,
        amount="size",
        stays="run",
    ),
    Setting(
        "walltime_cap_s",
        "the most wall time that growth gives to a job, in seconds",
        int,
        4 * 86_400,
        amount="time",
        stays="run",
    ),
    Setting(
        "patience",
        "multiplies the waits before a failed job is tried again; 0 for at once",
        float,
        1.0,
        least=0,
        stays="run",
    ),
    Setting("grace_s", "how long the outcome of a job that is over may take to show up on a shared disk", float, 15.0),
    Setting(
        "image_sources",
        "where nodes get images, in order, of: cvmfs, sif (a SIF file on a shared disk), unpacked (a folder there), "
        "layout (the image store there), registry",
    ),
    Setting("image_registry", "HOST/REPOSITORY that nodes pull from; images that it lacks are pushed there once"),
    Setting("node_cache", "folder on a node for images, kept between jobs; below /var/tmp if empty", default=""),
    Setting("node_cache_mb", "most megabytes (10^6 bytes) of images that a node keeps", int, 50_000),
    Setting(
        "store_url",
        "a store that nodes and this machine reach (file, https, root or s3 URL), for files too large to ride along "
        "with jobs; outputs of that size stay there; not used where nodes see this machine's disks",
        default="",
    ),
    Setting("store_token_file", "a file with a bearer token for store_url", default=""),
    Setting("store_from_mb", "the size from which files go by store_url, in megabytes (10^6 bytes)", int, 10),
    Setting("image_wait_s", "how long a job waits on its node for an image that another one pulls", int, 900),
)
"""Settings of each engine, on top of its own."""
