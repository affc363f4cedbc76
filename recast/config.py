"""The user's configuration file: the default executor, defaults for `recast run`, executor settings, site rules.

executor = "slurm"
[run]
runtime = "apptainer"
[executors.slurm]
partition = "grid"
[site]
allow_network = false
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from recast.tomlfile import TomlFile, read_toml

__all__ = ["Config", "config_path", "load_config"]

Config = TomlFile

_KNOWN = ("executor", "executors", "run", "site")


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration file; it counts as empty if there is none. Raises UsageError with file and line.

    `RECAST_CONFIG` names a file, which must exist; if the variable is set but empty, no file is read.
    """
    path = config_path(environ)
    if path is None:
        return Config()
    config = read_toml(path, "The configuration file")
    config.check_names(_KNOWN)
    return config


def config_path(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the file that `load_config` reads: RECAST_CONFIG, or `recast/config.toml` in the XDG folder, else None."""
    env = os.environ if environ is None else environ
    if (named := env.get("RECAST_CONFIG")) is not None:
        return Path(named).expanduser().absolute() if named else None
    home = env.get("XDG_CONFIG_HOME") or f"{env.get('HOME') or Path.home()}/.config"
    path = f"{home}/recast/config.toml"
    return Path(path).absolute() if os.access(path, os.F_OK) else None
