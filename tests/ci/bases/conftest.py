"""A registry on loopback, and images with packages that are known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.images import ImageStore
from tests.images.handmade import image, item, tar
from tests.registry.real import Real, real_registry


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    with real_registry(tmp_path_factory.mktemp("registry") / "real") as running:
        yield running


def with_packages(store: ImageStore, **versions: str) -> str:
    """Return an image in which dpkg knows these packages."""
    stanzas = [
        f"Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: {version}\n"
        for name, version in versions.items()
    ]
    return image(store, tar(item("file", "var/lib/dpkg/status", "\n".join(stanzas).encode())), compress=True)


def write_workflow(folder: Path, base: str, recipe_base: str) -> None:
    """Write a spec of three stages: `make` in an image from a registry, then `fit` in an image built on a base."""
    (folder / "images/fit").mkdir(parents=True, exist_ok=True)
    labels = "LABEL org.opencontainers.image.title=team/fit org.opencontainers.image.version=1\n"
    (folder / "images/fit/Containerfile").write_text(f"FROM {recipe_base}\n{labels}")
    name, _, tag = base.rpartition(":")
    (folder / "workflow.yml").write_text(
        f"""
stages:
- name: make
  dependencies: [init]
  scheduler: {{scheduler_type: singlestep-stage, parameters: {{a: 'x'}}, step: &make {_packtivity(name, tag)}}}
- name: fit
  dependencies: [make]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {{a: {{step: make, output: a}}}}
    step: &fit {_packtivity("team/fit", "1")}
- name: plot
  dependencies: [fit]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {{a: {{step: fit, output: a}}}}
    step: *make
"""
    )


def _packtivity(image_name: str, tag: str) -> str:
    return (
        "{process: {process_type: string-interpolated-cmd, cmd: 'echo {a}'}, "
        f"environment: {{environment_type: docker-encapsulated, image: '{image_name}', imagetag: '{tag}'}}, "
        "publisher: {publisher_type: frompar-pub, outputmap: {a: a}}}"
    )
