"""ARC's own programs as the bed runs them: copied, since its scripts take their time."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["gather"]

_PACKAGED = Path("/usr/share/arc")
# A-REX starts a scanner that ended not before ten seconds are over. So this one does not end, unless A-REX does.
_RESTLESS = """\
#!/bin/sh
while kill -0 $PPID 2>/dev/null; do "$0.once" "$@" || :; sleep 0.5; done
"""


def gather(root: Path) -> None:
    """Make an ARC_LOCATION: the packaged programs, listening on loopback only, and less patient than at a site."""
    share = root / "share/arc"
    shutil.copytree(_PACKAGED, share, symlinks=True)
    for name, target in {"lib": "/usr/lib", "sbin": "/usr/sbin", "bin": "/usr/bin", "libexec": "/usr/libexec"}.items():
        (root / name).symlink_to(target)
    _change(share / "arc-arex-ws-start", "<tcp:Port>", "<tcp:Interface>127.0.0.1</tcp:Interface><tcp:Port>")
    # Two minutes of a core at each start, for ciphers that nobody has used for years.
    _change(share / "arc-arex-ws-start", "openssl dhparam -out '$DHPARAM_PATH' 4096", ":")
    _change(share / "submit-fork-job", "sleep 1\n", "sleep 0.1\n")
    _change(share / "cancel-fork-job", "sleep 5\n", "sleep 1\n")
    _change(share / "scan-SLURM-job", "sleep ${CONFIG_slurm_wakeupperiod:-30}", "sleep 0.1")
    _change(share / "scan-fork-job", "\nsleep 10\n", "\n")
    for scanner in (share / "scan-fork-job", share / "scan-SLURM-job"):
        scanner.rename(f"{scanner}.once")
        scanner.write_text(_RESTLESS)
        scanner.chmod(0o755)


def _change(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    if before not in text:
        raise RuntimeError(f"{path}: there is no {before!r}; this is another ARC than 6.17")
    path.write_text(text.replace(before, after))
