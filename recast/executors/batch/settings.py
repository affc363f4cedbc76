"""What can be set for every batch system alike."""

from __future__ import annotations

from recast.executors.settings import Setting

__all__ = ["COMMON"]

COMMON = (
    Setting("python", "the Python that starts the worker on a node, 3.9 or newer", default="python3"),
    Setting("max_queued", "maximum number of jobs of one run in the batch system", int, 10_000, stays="run"),
    Setting(
        "growth",
        "factor by which memory or wall time grow when a job runs out of it; 1 for no growth",
        float,
        2.0,
        least=1,
        stays="run",
    ),
    Setting(
        "memory_cap_mb",
        "upper limit for memory after growth, in megabytes (10^6 bytes)",
        int,
        16_000,
        amount="size",
        stays="run",
    ),
    Setting(
        "walltime_cap_s",
        "upper limit for wall time after growth, in seconds",
        int,
        4 * 86_400,
        amount="time",
        stays="run",
    ),
    Setting(
        "patience",
        "factor for the waits before a failed job is tried again; 0 for no wait",
        float,
        1.0,
        least=0,
        stays="run",
    ),
    Setting("grace_s", "how long the outcome of a finished job may take to appear on a shared disk", float, 15.0),
    Setting(
        "image_sources",
        "where nodes get images, in this order; any of: cvmfs, sif (a SIF file on a shared disk), unpacked (a folder "
        "there), layout (the image store there), registry",
    ),
    Setting("image_registry", "HOST/REPOSITORY that nodes pull from; missing images are pushed there once"),
    Setting("node_cache", "folder on a node for images, kept between jobs; below /var/tmp if empty", default=""),
    Setting("node_cache_mb", "maximum size of the images kept on a node, in megabytes (10^6 bytes)", int, 50_000),
    Setting(
        "store_url",
        "a store that nodes and this machine can reach (file, https, root or s3 URL), for files too large to travel "
        "with jobs; outputs of that size stay there; not used where nodes share this machine's disks",
        default="",
    ),
    Setting("store_token_file", "a file with a bearer token for store_url", default=""),
    Setting("store_from_mb", "minimum size of files that use store_url, in megabytes (10^6 bytes)", int, 10),
    Setting("image_wait_s", "how long a job waits on its node for an image that another job pulls", int, 900),
)
"""Settings of every batch system, in addition to its own."""
