"""A user who is not root, as physicists are: RECAST run by one, from wherever this checkout lies."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.testbeds.users import make_user
from tests.waiting import BOUND_S

__all__ = ["NAME", "OrdinaryUser", "ordinary_user"]

NAME = "recast-user"
_ROOT = Path(__file__).resolve().parents[2]
# Its parents may be closed to others, so the checkout and its Python are shown at a place that is not.
_SHOW = 'mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && exec "$@"'
_APART = ("unshare", "--mount", "--propagation", "private", "sh", "-c", _SHOW, "sh")


@dataclass(frozen=True)
class OrdinaryUser:
    """The user and a folder of its own. `home` is open to the nodes of a test-bed as it is to the driver."""

    home: Path

    def recast(
        self, *arguments: str, env: Mapping[str, str], bound_s: float = BOUND_S
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line as this user, with nothing of our environment but `env`."""
        code, python = self.home / "shown/code", self.home / "shown/python"
        packages = Path(site.getsitepackages()[0]).relative_to(_ROOT)
        program = python / "bin" / Path(os.path.realpath(sys.executable)).name
        variables = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "RECAST_HOME": str(self.home / "recast"),
            "PYTHONPATH": f"{code}:{code / packages}",
            "PYTHONDONTWRITEBYTECODE": "1",
            # A Python that is moved finds another one's library, if this machine has one.
            "LD_LIBRARY_PATH": str(python / "lib"),
            **env,
        }
        shown = [str(_ROOT), str(code), sys.base_prefix, str(python)]
        user = ["setpriv", f"--reuid={NAME}", f"--regid={NAME}", "--clear-groups", "--pdeathsig=KILL"]
        argv = [*_APART, *shown, *user, str(program), "-m", "recast", *arguments]
        return subprocess.run(argv, env=variables, cwd=self.home, capture_output=True, text=True, timeout=BOUND_S)

    def own(self) -> None:
        """Give the user all that was put into its home."""
        owner = make_user(NAME)
        for path in [self.home, *self.home.rglob("*")]:
            if not path.is_relative_to(self.home / "shown"):
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


@contextmanager
def ordinary_user() -> Iterator[OrdinaryUser]:
    """Make the user, if there is none, and a home that goes at the end."""
    make_user(NAME)
    home = Path(tempfile.mkdtemp(prefix="recast-user-", dir="/var/tmp"))
    home.chmod(0o755)
    for name in ("code", "python"):
        (home / "shown" / name).mkdir(parents=True)
    try:
        yield OrdinaryUser(home)
    finally:
        shutil.rmtree(home)
