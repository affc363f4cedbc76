"""Where a benchmark works: fresh folders and homes, and the tools that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Taken, take

__all__ = ["PYTHON", "RECAST", "ROOT", "SNAKEMAKE", "XARGS", "YADAGE", "Place"]

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv/bin/python")
RECAST = str(ROOT / ".venv/bin/recast")
SNAKEMAKE = str(ROOT / ".venv-snakemake/bin/snakemake")
YADAGE = (str(ROOT / ".venv-yadage/bin/python"), "-W", "ignore", "-m", "yadage.steering", "work", "workflow.yml")
XARGS = ("xargs", "-P2", "-I{}", "sh", "-c")


class Place:
    """A folder for all that the benchmarks write.

    Nothing is deleted before the end: ext4 is slow to take an inode again that was deleted a moment ago, which would
    make each round slower than the one before. `quick` measures with less: a look, no verdict.
    """

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        self._count = 0

    @property
    def rounds(self) -> int:
        """Return how many pairs a comparison takes."""
        return 3 if self.quick else 7

    def size(self, full: int) -> int:
        """Return how many steps to run where the issue says `full`."""
        return full // 10 if self.quick else full

    def fresh(self) -> Path:
        """Make an empty folder."""
        self._count += 1
        folder = self.folder / f"w{self._count}"
        folder.mkdir()
        return folder

    def recast(
        self, spec: Path, inputs: str, *more: str, home: Path | None = None, images: Path | None = None
    ) -> Taken:
        """Run `recast run` as a user would, the start of Python included, in a home that knows nothing if not given.

        `inputs` is the YAML of the inputs. Its result must be success, or Failed is raised.
        """
        folder = self.fresh()
        (folder / "inputs.yml").write_text(inputs)
        home = home or self.fresh()
        if images is not None:
            (home / "images").symlink_to(images)
        command = [RECAST, "run", "workflow.yml", "--toplevel", str(spec), "--inputs", "inputs.yml", "-q"]
        return take([*command, "--allow-host-process", *more], folder, {"RECAST_HOME": str(home)})

    def yadage(self, spec: Path, inputs: str, most_s: float = 600.0) -> Taken:
        """Run the same with the real yadage."""
        return take([*YADAGE, "-t", str(spec), "-p", inputs], self.fresh(), most_s=most_s)

    def xargs(self, script: str, count: int) -> Taken:
        """Run a shell script for each of `count` numbers, two at a time."""
        return take([*XARGS, script], self.fresh(), text="".join(f"{i}\n" for i in range(count)))

    def snakemake(self, snakefile: str, arguments: Sequence[str] = ("--cores", "2", "-q", "all")) -> Taken:
        """Run a Snakefile in an empty folder."""
        folder = self.fresh()
        (folder / "Snakefile").write_text(snakefile)
        return take([SNAKEMAKE, *arguments], folder)
