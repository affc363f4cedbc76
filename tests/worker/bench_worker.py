"""How much the worker costs over the bare commands. Not a test: run it by hand.

ext4 looks twice at each inode that was deleted in the last half minute before it takes it again, so files of earlier
rounds are left alone until the end: deleting them would make the next round slower by half.

    python tests/worker/bench_worker.py [host jobs] [container jobs]
"""

import asyncio
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "runtimes"))
from tinyroot import make_root

from recast.executors.local import LocalExecutor
from recast.jobs import ContainerJob, OutputPattern
from recast.runtimes import Sandbox, runtime_by_name

COMMAND = "echo hello > x"


def job(number, image=None):
    name = f"j{time.monotonic_ns()}-{number}"
    return ContainerJob(name, image, COMMAND, None, "sh", f"/recast/run/map/{number}", outputs=(OutputPattern("x"),))


def cpu_ms():
    """User and system time of this process, of its ended children."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return [(use.ru_utime + use.ru_stime) * 1000 for use in both]


async def ours(folder, jobs, runtime=None, image_of=None):
    executor = LocalExecutor(folder / "run", folder / "store", 2, runtime, image_of, folder.parent / "worker")
    before, started, left = cpu_ms(), time.monotonic(), len(jobs)
    await executor.start()
    await executor.submit(jobs)
    async for batch in executor.changes():
        assert all(s.outcome is None or s.outcome.succeeded for s in batch), batch
        left -= sum(status.state.final for status in batch)
        if not left:
            break
    wall_ms = (time.monotonic() - started) * 1000
    await executor.close()
    after = cpu_ms()
    return [wall_ms / len(jobs), *((b - a) / len(jobs) for a, b in zip(before, after, strict=True))]


def fresh(folder):
    return Path(tempfile.mkdtemp(dir=folder))


def bare(folder, argv, count):
    """The same commands by `xargs -P2`, each in a folder of its own that is there already."""
    script = "\0".join(str(number) for number in range(count))
    before, started = cpu_ms(), time.monotonic()
    subprocess.run(["xargs", "-0", "-P2", "-n1", *argv], input=script.encode(), check=True, cwd=folder)
    wall_ms = (time.monotonic() - started) * 1000
    return [wall_ms / count, 0.0, (cpu_ms()[1] - before[1]) / count]


def show(label, numbers, base=None):
    ratio = f"  x {numbers[0] / base[0]:.2f}" if base else ""
    print(
        f"{label:26} {numbers[0]:7.3f} ms a job; cpu: driver {numbers[1]:.3f}, "
        f"worker and payload {numbers[2]:.3f}{ratio}"
    )


def main():
    hosts, containers = (int(arg) for arg in [*sys.argv[1:], "400", "200"][:2])
    folder = Path(tempfile.mkdtemp(prefix="recast-bench-"))
    try:
        for _ in range(3):
            base = bare(folder, ["sh", "-c", 'echo hello > "x$0"'], hosts)
            show("xargs -P2 sh", base)
            show("local executor, host", asyncio.run(ours(fresh(folder), [job(n) for n in range(hosts)])), base)
        bubblewrap, root = runtime_by_name("bubblewrap"), make_root(folder / "root")
        for name in ("in/map/0", "work"):
            (folder / name).mkdir(parents=True)
        sandbox = Sandbox(str(root), str(folder / "work"), str(folder / "in"))
        argv = bubblewrap.argv(job(0), sandbox)
        argv = [word for word in argv if word not in ("--json-status-fd", "3")]
        for _ in range(3):
            base = bare(folder, argv, containers)
            show("xargs -P2 bwrap", base)
            jobs = [job(n, "sha256:" + "0" * 64) for n in range(containers)]
            show(
                "local executor, bwrap",
                asyncio.run(ours(fresh(folder), jobs, bubblewrap, lambda digest: str(root))),
                base,
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
