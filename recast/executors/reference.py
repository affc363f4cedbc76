"""The reference page of all settings, generated from the declarations of the executors."""

from __future__ import annotations

from collections.abc import Iterator

from recast.executors.registry import OWN, executor_class
from recast.executors.settings import Setting

__all__ = ["settings_page"]

_HEAD = """# Executor settings

Generated from the declarations of the executors by `scripts/settings-page`. `recast executors show NAME` shows the
current values, `recast executors check NAME` connects with them.

An option takes precedence over an environment variable, which takes precedence over the configuration file, then the
default. The file is `$RECAST_CONFIG`, otherwise `$XDG_CONFIG_HOME/recast/config.toml` (`~/.config/recast/config.toml`);
an empty `RECAST_CONFIG` means none. A size may have a unit (`4GB`; a bare number is in MB of 10^6 bytes), and so may a
time (`2h30m`; a bare number is in seconds). A secret has no option, and is not recorded in a run.

```toml
executor = "slurm"          # where `recast run` sends jobs; RECAST_EXECUTOR and --executor take precedence

[run]                       # RECAST_RUN_RUNTIME, ... and the options take precedence
runtime = "apptainer"
max_parallel = 8
max_steps = 200000
cache = true

[executors.slurm]
partition = "grid"

[site]                      # rules, as in docs/reference/site-policy.md
allow_network = false
```
"""


def settings_page() -> str:
    """Return the page as Markdown: a table for every executor of this package that has settings."""
    return "\n".join([_HEAD, *(line for name in sorted(OWN) for line in _section(name))])


def _section(name: str) -> Iterator[str]:
    settings: tuple[Setting, ...] = getattr(executor_class(name), "settings", ())
    if not settings:
        return
    yield f"## {name}\n"
    yield "| option | environment variable | value | default | meaning |\n|---|---|---|---|---|"
    yield from (_row(name, setting) for setting in settings)
    yield ""


def _row(owner: str, setting: Setting) -> str:
    flag = f"`{setting.flag(owner)}`" if not setting.secret else "(secret)"
    default = "" if setting.default is None or setting.secret else f"`{_written(setting.default)}`"
    cells = (flag, f"`{setting.variable(owner)}`", setting.takes, default, setting.help.replace("<", "&lt;"))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'
