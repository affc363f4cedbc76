"""HTCondor and ARC as physicists use them: not as root, with credentials of their own, the image from a registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recast.images import ImageStore
from tests.busybox import add_busybox, pin, write_spec
from tests.e2e.grid import bed, mirror
from tests.testbeds.htcondor.pool import HOME, Pool
from tests.testbeds.ordinary import OrdinaryUser, ordinary_user

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Reached:
    """A batch system and the variables by which the user reaches it."""

    user: OrdinaryUser
    executor: str
    env: Mapping[str, str]

    def recast(self, *arguments: str) -> str:
        """Run the command line as the user; return what it prints."""
        done = self.user.recast(*arguments, env=self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def said(self, *arguments: str) -> Any:
        return json.loads(self.recast(*arguments, "-o", "json"))


@pytest.fixture(params=["htcondor", "arc"])
def reached(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reached]:
    """Each batch system, a registry, and in the user's home the credentials, which only the user can read."""
    name = request.param
    with ordinary_user() as user, bed(name) as env, mirror(tmp_path) as repository:
        lent = LEND[name](user.home / "credentials", env)
        own = {"image_registry": repository, "poll_s": "1", "quick_poll_s": "0.3"}
        named = {f"RECAST_{name}_{setting}".upper(): value for setting, value in own.items()}
        yield Reached(user, name, {**lent, **named})


def lend_token(folder: Path, _: Mapping[str, str]) -> dict[str, str]:
    pool = Pool(HOME / "pool")
    shutil.copytree(pool.tokens, folder)
    return {"RECAST_HTCONDOR_COLLECTOR": pool.collector, "RECAST_HTCONDOR_TOKEN_DIR": str(folder)}


def lend_proxy(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    shutil.copytree(env["X509_CERT_DIR"], folder / "authorities")
    proxy = Path(shutil.copy(env["X509_USER_PROXY"], folder / "proxy"))
    proxy.chmod(0o600)
    return {**env, "X509_CERT_DIR": str(folder / "authorities"), "X509_USER_PROXY": str(proxy)}


LEND: Mapping[str, Callable[[Path, Mapping[str, str]], dict[str, str]]] = {"htcondor": lend_token, "arc": lend_proxy}


def workflow(reached: Reached, command: str) -> tuple[str, list[str]]:
    """Write a workflow into the user's home; return the digest of its image, and what `recast run` is told."""
    home = reached.user.home
    spec = write_spec(home / "spec", command, {"out": "{workdir}/out"}, {"out": "{out}"})
    digest = add_busybox(ImageStore(home / "recast/images"))
    pin(spec, digest)
    reached.user.own()
    words = ["workflow.yml", "--toplevel", str(spec), "--executor", reached.executor, "--workdir", str(home / "run")]
    return digest, words


def test_a_run_of_an_ordinary_user(reached: Reached) -> None:
    """The pinned image comes from the registry, the outputs and the log are the user's."""
    digest, words = workflow(reached, "{{ id -u; echo told; }} > {out}; cat {out}")
    reached.recast("run", *words, "-q")
    run = reached.user.home / "run"
    step = reached.said("show", str(run))["steps"][-1]
    assert step["image_run"] == digest
    out = run / "work/work/out"
    assert out.read_text().endswith("told\n")
    assert out.stat().st_uid == run.stat().st_uid != 0
    assert "told" in reached.recast("logs", str(run), "work")


def test_a_detached_run_goes_on_and_is_cancelled(reached: Reached) -> None:
    _, words = workflow(reached, "sleep 600; touch {out}")
    run = str(reached.user.home / "run")
    reached.recast("run", *words, "--detach")
    assert reached.said("status", run)["state"] == "running", (Path(run) / "driver.log").read_text()
    reached.recast("cancel", run)
    assert reached.said("status", run)["state"] == "cancelled"
