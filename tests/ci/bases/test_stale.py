"""`recast image stale` against a real registry whose tags move."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.ci.bases import Stale, stale_images
from recast.ci.bases.packages import between
from recast.ci.bases.subjects import specs_at
from recast.errors import NotFound
from recast.images import ImageLock, ImageStore, Pin, write_lock
from recast.images.contents.sbom import attach_sbom, make_sbom
from recast.registry import Registry
from recast.registry.bases import Registries
from recast.registry.notes import push_notes
from tests.ci.bases.conftest import with_packages, write_workflow
from tests.conftest import Recast
from tests.registry.real import Real

OLD = {"libc6": "2.36-9", "gone": "1", "same": "3"}
NEW = {"libc6": "2.36-10", "came": "1", "same": "3"}


class Team:
    """A spec whose image and base are pinned to what their tags meant; somebody else moves tags."""

    def __init__(self, folder: Path, real: Real) -> None:
        self.theirs, self.store = ImageStore(folder / "theirs"), ImageStore(folder / "store")
        place = f"{real.host}/{folder.name.lower().replace('_', '-')}"
        self.image, self.base = f"{place}/gen:1", f"{place}/base:12"
        self.spec = folder / "spec"
        write_workflow(self.spec, self.image, self.base)
        digest = self.push(self.image, OLD)
        lock = ImageLock({self.image: self.pin(digest)}, {self.base: self.pin(self.push(self.base, OLD))})
        write_lock(self.spec, lock)

    def push(self, name: str, packages: dict[str, str], *, sbom: bool = True) -> str:
        digest = with_packages(self.theirs, **packages)
        if sbom:
            attach_sbom(self.theirs, name, digest, make_sbom(self.theirs, name, digest))
        with Registry(f"oci://{name}") as registry:
            registry.push(digest, self.theirs, name.rpartition(":")[2])
            push_notes([digest], self.theirs, registry)
        return digest

    def pin(self, digest: str) -> Pin:
        return Pin(digest, "linux/amd64", 1, "2026-01-01T00:00:00Z", "registry")

    def look(self, *, pull: bool = False) -> dict[str, Stale]:
        (spec,) = specs_at(self.spec)
        return {it.name: it for it in stale_images(spec, self.store, Registries(), pull=pull)}


@pytest.fixture
def team(tmp_path: Path, home: Path, real: Real) -> Team:
    return Team(tmp_path, real)


def test_nothing_has_moved(team: Team) -> None:
    found = team.look()
    assert [it.state for it in found.values()] == ["current", "current"]
    assert found[team.base].images == ("team/fit:1",) and found[team.base].is_base


def test_a_base_has_moved(team: Team) -> None:
    now = team.push(team.base, NEW)
    found = team.look()
    assert found[team.image].state == "current"
    base = found[team.base]
    assert (base.state, base.now) == ("newer", now)
    assert (base.rerun.stages, base.rerun.after) == (("fit",), ("plot",))
    assert base.packages is not None and base.packages.as_json() == {
        "added": [{"name": "deb/came", "version": "1"}],
        "removed": [{"name": "deb/gone", "version": "1"}],
        "changed": [{"name": "deb/libc6", "from": "2.36-9", "to": "2.36-10"}],
    }


def test_an_image_of_steps_has_moved_and_nobody_lists_its_packages(team: Team) -> None:
    now = team.push(team.image, {"libc6": "2.36-11"}, sbom=False)
    image = team.look()[team.image]
    assert (image.state, image.now, image.packages) == ("newer", now, None)
    assert (image.rerun.stages, image.rerun.after) == (("make", "plot"), ("fit",))
    pulled = team.look(pull=True)[team.image]
    assert pulled.packages is not None and dict(pulled.packages.changed) == {"deb/libc6": ("2.36-9", "2.36-11")}
    assert not [name for name in team.store.names() if name == team.image], "no tag of the store moved"


def test_what_cannot_be_newer_or_cannot_be_asked(team: Team) -> None:
    write_workflow(team.spec, team.image, f"{team.base}@{team.pin('sha256:' + '0' * 64).digest}")
    assert {it.state for it in team.look().values()} == {"current", "newer"}, "a tag beside a digest is asked"
    write_workflow(team.spec, team.image, f"{team.base.rpartition(':')[0]}@sha256:{'0' * 64}")
    assert [it.state for it in team.look().values() if it.is_base] == ["fixed"]
    write_workflow(team.spec, team.image, "recast/base-minimal:bookworm")
    assert [it.state for it in team.look().values() if it.is_base] == ["recipe"]
    write_workflow(team.spec, team.image, f"{team.base.rpartition(':')[0]}:99")
    assert [it.state for it in team.look().values() if it.is_base] == ["gone"]
    write_workflow(team.spec, team.image, "127.0.0.1:1/base:1")
    base = next(it for it in team.look().values() if it.is_base)
    assert base.state == "unknown" and base.problem is not None


def test_the_command(team: Team, recast: Recast, tmp_path: Path) -> None:
    team.push(team.base, NEW)
    said = recast("image", "stale", team.spec, "-o", "json")
    assert said.code == 0, said.err
    states = {it["name"]: (it["state"], it["stages"], it["after"]) for it in said.json["items"]}
    assert states == {team.image: ("current", ["make", "plot"], ["fit"]), team.base: ("newer", ["fit"], ["plot"])}
    said = recast("image", "stale", team.spec.parent, "--check")
    assert said.code == 1 and "image.moved" in said.err and "+1 -1 ~1" in said.out
    (tmp_path / "empty").mkdir()
    assert recast("image", "stale", tmp_path / "empty").code == 6


def test_no_spec(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no spec"):
        specs_at(tmp_path)


def test_lists_of_packages() -> None:
    assert between({}, {}).as_json() == {"added": [], "removed": [], "changed": []}
    assert dict(between({"a": "1"}, {"b": "1"}).removed) == {"a": "1"}


def test_what_debian_has_newer() -> None:
    """Lists of this machine: everything is newer than version 0, and nothing is newer than itself."""
    from recast.ci.bases.debian import available, newer

    there = available("bookworm", {"libc6", "no-such-package-4711"})
    if not there:  # a machine without lists of packages says nothing
        assert newer({"deb/libc6": "0"}, "bookworm") == {}
        return
    assert set(there) == {"libc6"}
    assert newer({"deb/libc6": "0", "pypi/libc6": "0"}, "bookworm") == {"deb/libc6": there["libc6"]}
    assert newer({"deb/libc6": there["libc6"]}, "bookworm") == newer({"deb/libc6": "999"}, "bookworm") == {}
    assert available("no-such-suite", {"libc6"}) == {}
