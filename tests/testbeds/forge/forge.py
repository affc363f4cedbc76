"""A forge of one repository: git over smart HTTP, the forge's hook after each push, a working clone, the API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.testbeds.forge.api import Api, forge_api
from tests.testbeds.forge.payloads import Project
from tests.testbeds.forge.smart import smart_http

__all__ = ["SECRETS", "Forge", "forge_of"]

SECRETS = {
    "github": "a secret of the hook at github".replace(" ", "-"),
    "gitea": "a secret of the hook at gitea".replace(" ", "-"),
    "gitlab": "whsec_c2l4dGVlbi1ieXRlcy1hbmQtbW9yZQ==",
}
TOKEN = "token-of-the-forge-0123456789"
_HOOK = '#!/bin/sh\nPYTHONPATH="{root}" exec "{python}" -m tests.testbeds.forge.deliver "{forge}"\n'


@dataclass
class Forge:
    """A forge; `project` is its bare repository, `work` a clone whose pushes go to it."""

    dialect: str
    folder: Path
    project: Project
    api: Api
    work: Path
    asked: list[str]

    @property
    def clone_url(self) -> str:
        return f"{self.project.url}/{self.project.path}.git"

    @property
    def sent(self) -> list[list[Any]]:
        """What its hook has sent: event and status."""
        state = self.project.folder / "hook-state.json"
        return json.loads(state.read_text())["sent"] if state.exists() else []

    def hook(self, url: str, **more: Any) -> None:
        """Register the hook (again): its address, and what else the forge does."""
        known = {"dialect": self.dialect, "hook": url, "secret": SECRETS[self.dialect], "project": self.project.path}
        known |= {"number": self.project.number, "url": self.project.url, **more}
        (self.folder / "forge.json").write_text(json.dumps(known))

    def git(self, *arguments: str) -> str:
        """Run git in the working clone."""
        return git(self.work, *arguments)

    def commit(self, text: str, name: str = "README.md") -> str:
        """Commit a change in the working clone; return the commit."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", text)
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str, options: tuple[str, ...] = ()) -> None:
        """Push refspecs to the forge, which calls its hook."""
        self.git("push", "--quiet", *(f"--push-option={it}" for it in options), "origin", *refs)


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person with a name, and no configuration of this machine."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
    who = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in (
        ("NAME", "A Person"), ("EMAIL", "a.person@example.org"))}  # fmt: skip
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", "-C", str(folder), *arguments],
        env={**env, **who}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def forge_of(dialect: str, folder: Path, path: str = "group/analysis") -> Iterator[Forge]:
    """Yield a forge with one empty repository; its hook is registered later, by `hook`."""
    bare = folder / "repositories" / f"{path}.git"
    bare.mkdir(parents=True)
    git(bare, "init", "--quiet", "--bare")
    for name, value in (("http.receivepack", "true"), ("receive.advertisePushOptions", "true"), ("gc.auto", "0")):
        git(bare, "config", name, value)
    with ExitStack() as stack:
        url, asked = stack.enter_context(smart_http(folder / "repositories"))
        api = stack.enter_context(forge_api(dialect, TOKEN, project=path))
        hook = bare / "hooks/post-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_HOOK.format(root=ROOT, python=sys.executable, forge=folder / "forge.json"))
        hook.chmod(0o755)
        work = folder / "work"
        work.mkdir()
        git(work, "init", "--quiet")
        git(work, "remote", "add", "origin", f"{url}/{path}.git")
        forge = Forge(dialect, folder, Project(bare, path, api.number, url, dialect), api, work, asked)
        forge.hook("http://127.0.0.1:9/hooks/nobody")
        yield forge
