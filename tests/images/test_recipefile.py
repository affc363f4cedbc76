"""Which images a Containerfile asks for, and the same file with other names for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.errors import ImageError
from recast.images.building.recipefile import find_containerfiles, read_containerfile

TEXT = """# syntax=docker/dockerfile:1
FROM --platform=linux/amd64 docker.io/library/gcc:12@sha256:{0} AS Build\r
COPY . /src
FROM scratch AS empty
from host:5000/team/base:1
COPY --chown=0:0 --from=build /src/a.out /bin/
COPY --from=0 /etc/x /etc/x
ADD --from=other/tools:2 /bin/tool /bin/
RUN --mount=type=bind,from=other/data,target=/data cat /data/x
FROM build
"""


def test_each_image_once_and_no_stages(tmp_path: Path) -> None:
    text = TEXT.format("ab" * 32)
    (tmp_path / "Containerfile").write_text(text)
    found = read_containerfile(tmp_path / "Containerfile")
    gcc = "docker.io/library/gcc:12@sha256:" + "ab" * 32
    assert found.bases == (gcc, "host:5000/team/base:1", "other/tools:2", "other/data")
    names = {name: f"localhost/lent-{number}" for number, name in enumerate(found.bases)}
    renamed = found.with_names(names)
    assert [line for line in renamed.splitlines() if "localhost/" in line] == [
        "FROM --platform=linux/amd64 localhost/lent-0 AS Build",
        "from localhost/lent-1",
        "ADD --from=localhost/lent-2 /bin/tool /bin/",
        "RUN --mount=type=bind,from=localhost/lent-3,target=/data cat /data/x",
    ]
    assert len(renamed.splitlines()) == len(text.splitlines())


def test_the_file_by_its_two_names(tmp_path: Path) -> None:
    for name, files in {
        "a": ["Dockerfile"],
        "b": ["Containerfile"],
        "c": ["Containerfile", "Dockerfile"],
        "d": [],
    }.items():
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).write_text("FROM x/y:1\n")
    assert [str(path.relative_to(tmp_path)) for path in find_containerfiles(tmp_path)] == [
        "a/Dockerfile",
        "b/Containerfile",
        "c/Containerfile",
    ]
    (tmp_path / "c" / "Dockerfile").write_text("FROM x/z:1\n")
    with pytest.raises(ImageError, match="they differ") as caught:
        find_containerfiles(tmp_path)
    assert caught.value.next_step.startswith("rm ")
