"""An image of a spec may stand on another image of the same spec: it follows it, and no registry is asked for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.errors import ImageError
from recast.images import ImageStore, load_lock
from recast.images.building import build as building
from recast.images.building.build import BuildOptions, BuiltImage, build_images, built_before
from recast.images.building.recipefile import Containerfile, find_containerfile
from recast.images.building.source import source_key, written_key
from tests.busybox import NAME, add_busybox


class Spec:
    """A spec with images, and a builder that puts an image on its bases without running anything."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder / "spec", ImageStore(folder / "store")
        self.below = add_busybox(self.store)
        self.made: dict[str, dict[str, str]] = {}

    def write(self, name: str, base: str, more: str = "", title: str = "") -> Path:
        place = self.folder / "images" / name
        place.mkdir(parents=True, exist_ok=True)
        labels = f"LABEL org.opencontainers.image.title=team/{title or name} org.opencontainers.image.version=1"
        (place / "Containerfile").write_text(f"FROM {base}\n{labels}\n{more}\n")
        return place

    def run(self, store: ImageStore, recipe: Containerfile, bases: dict[str, str], **_: object) -> str:
        title = recipe.text.partition("image.title=")[2].split()[0]
        self.made[title] = dict(bases)
        (below,) = bases.values()
        labels = {"org.opencontainers.image.title": title, "org.opencontainers.image.version": "1"}
        diffs = list(store.config(below).diff_ids)
        document = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Env": ["PATH=/bin"], "Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": diffs},
            "author": f"{recipe.text} on {below}",
        }
        return store.add_image(document, list(store.manifest(below).layers))

    def build(self, *names: str) -> list[BuiltImage]:
        return build_images(self.folder, self.store, BuildOptions(names=names), lambda _: None)

    def key(self, name: str) -> str | None:
        found = find_containerfile(self.folder / "images" / name)
        assert found is not None
        return source_key(found, self.folder)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    made = Spec(tmp_path)
    monkeypatch.setattr(building, "run_containerfile", made.run)
    return made


def test_what_stands_on_another_image_of_the_spec_follows_it(spec: Spec) -> None:
    spec.write("a-top", "team/z-base:1")
    spec.write("z-base", f"{NAME}")
    pinned = {image.name: image.digest for image in spec.build()}
    assert spec.made["team/a-top"] == {"team/z-base:1": pinned["team/z-base:1"]}
    assert set(load_lock(spec.folder).bases) <= {NAME}  # what is made here needs no pin: it would stay behind
    assert built_before(spec.folder, spec.store) == pinned
    spec.write("z-base", f"{NAME}", "ENV NEW=1")
    assert "team/a-top:1" not in built_before(spec.folder, spec.store)
    again = {image.name: image.digest for image in spec.build()}
    assert spec.made["team/a-top"] == {"team/z-base:1": again["team/z-base:1"]} != pinned
    assert {name: pin.digest for name, pin in load_lock(spec.folder).images.items()} == again


def test_the_key_of_an_image_counts_the_recipes_below_it(spec: Spec) -> None:
    spec.write("top", "team/below:1")
    spec.write("below", f"{NAME.partition(':')[0]}@{spec.below}")
    before = spec.key("top")
    assert before is not None
    spec.write("below", f"{NAME.partition(':')[0]}@{spec.below}", "ENV NEW=1")
    assert spec.key("top") not in (None, before)


def test_a_name_is_made_by_one_recipe(spec: Spec) -> None:
    first, second = spec.write("a", NAME, title="same"), spec.write("b", NAME, "ENV NEW=1", title="same")
    with pytest.raises(ImageError, match="Two recipes make the image team/same:1") as refused:
        spec.build("a")
    assert all(str(place / "Containerfile") in refused.value.where for place in (first, second))
    assert spec.made == {}


@pytest.mark.parametrize("base", ["team/a:1", "team/b:1"])
def test_what_stands_on_itself_is_refused(spec: Spec, base: str) -> None:
    spec.write("a", base)
    spec.write("b", "team/a:1")
    assert built_before(spec.folder, spec.store) == {}
    with pytest.raises(ImageError, match="stands on itself"):
        spec.build()


def test_a_pin_knows_the_recipe_that_it_was_built_from(spec: Spec) -> None:
    spec.write("one", NAME)
    spec.build()
    (pin,) = load_lock(spec.folder).images.values()
    recipe = spec.folder / "images" / "one" / "Containerfile"
    assert pin.recipe == written_key(recipe, spec.folder)
    (spec.folder / "images" / "one" / "new.txt").write_text("new\n")
    assert pin.recipe != written_key(recipe, spec.folder)
    spec.build()
    (pin,) = load_lock(spec.folder).images.values()
    assert pin.recipe == written_key(recipe, spec.folder)
