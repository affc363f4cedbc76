"""ATLAS-SUSY-2018-31: the entry as it is shipped, and the parts of its scripts that need no fit.

The fits themselves are run by `recast validate` and `make demo` in the image.
"""

import csv
import hashlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from catalogue_parts import DIGEST

from recast.catalogue.entries.entry import load_entry
from recast.catalogue.publishing.publish import publish
from recast.errors import InputError
from tests.waiting import BOUND_S

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "atlas-susy-2018-31" / "1.0.0"
ARCHIVE = SPEC / "files" / "pyhf-ins1748602-probability-models.tar.gz"
SHA256 = "9089b0e5fabba335bea4c94545ccca8ddd21289feeab2f85e5bcc8bada37be70"
POINT = "RegionA/sbottom_1400_950_60"


def script(name):
    spec = importlib.util.spec_from_file_location(f"susy_2018_31_{name}", SPEC / "files" / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def no_byte_code():
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield
    sys.dont_write_bytecode = before


@pytest.fixture
def shipped(tmp_path, catalogue):
    """Publish the shipped version, with a pin of the test's own."""
    checkout = tmp_path / "shipped"
    shutil.copytree(SPEC, checkout / "specs" / "atlas-susy-2018-31" / "1.0.0")
    shutil.copytree(ROOT / "catalogue", checkout / "catalogue")
    pin = {"digest": DIGEST, "platform": "linux/amd64", "size": 1, "resolved": "2026-01-01", "source": "build"}
    lock = {"version": 1, "images": {"recast/pyhf-fit:1": pin}}
    (checkout / "specs" / "atlas-susy-2018-31" / "1.0.0" / "images.lock.json").write_text(json.dumps(lock))
    return publish(checkout / "catalogue" / "atlas-susy-2018-31.yml", catalogue.store).version


def test_the_shipped_version_can_be_published(shipped):
    assert shipped.pins == {"recast/pyhf-fit:1": DIGEST}
    demo = shipped.example("demo").inputs["points"]
    assert len(demo) >= 8
    assert {point[:7] for point in demo} == {"RegionA", "RegionB", "RegionC"}
    published = json.loads(shipped.read("files/published.json"))["points"]
    assert published.keys() <= set(demo)


def test_the_validation_items_are_the_published_values(shipped):
    published = json.loads(shipped.read("files/published.json"))["points"]
    for item in shipped.validation:
        if item.kind == "agreement":
            continue
        values = published[item.point["name"]]
        assert item.published == (values["cls_obs"] if item.quantity == "/cls_obs" else values["cls_exp"][2])
        assert item.tolerance == 1e-4


def test_every_point_of_the_entry_is_in_the_archive():
    entry = load_entry(ROOT / "catalogue" / "atlas-susy-2018-31.yml").entry.version()
    offered = [example.inputs for example in entry.examples.values()] + [item.inputs for item in entry.validation]
    with tarfile.open(ARCHIVE) as archive:
        known = set(archive.getnames())
    for inputs in offered:
        for point in inputs["points"]:
            assert script("unpack").member_names(point, known)


@pytest.mark.parametrize(
    "points",
    [
        [],
        ["RegionD/sbottom_1400_950_60"],
        ["RegionA/sbottom_1400_950"],
        [POINT, POINT],
        [f"{POINT}; rm -rf /"],
        [f"{POINT}\n"],
        ["../RegionA/sbottom_1400_950_60"],
        POINT,
        [5],
    ],
)
def test_names_that_are_none_are_refused_before_anything_runs(shipped, points):
    with pytest.raises(InputError) as caught:
        shipped.check_inputs({"points": points})
    assert "GeV" in caught.value.why


def unpack(tmp_path, archive, *points, sha256=None):
    sha256 = sha256 or hashlib.sha256(archive.read_bytes()).hexdigest()
    return subprocess.run(
        [sys.executable, SPEC / "files/scripts/unpack.py", "--archive", archive, "--sha256", sha256,
         "--destination", tmp_path / "out", "--index", tmp_path / "index.yml", *points],
        capture_output=True, text=True, timeout=BOUND_S, check=False,
    )  # fmt: skip


def test_unpack_takes_out_only_what_is_asked(tmp_path):
    done = unpack(tmp_path, ARCHIVE, POINT, "RegionC/sbottom_1600_850_60", "RegionA/sbottom_1300_205_60", sha256=SHA256)
    assert done.returncode == 0, done.stderr
    index = json.loads((tmp_path / "index.yml").read_text())
    assert [Path(path).relative_to(tmp_path / "out").as_posix() for path in index["patches"]] == [
        "RegionA/patch.sbottom_1400_950_60.json",
        "RegionC/patch.sbottom_1600_850_60.json",
        "RegionA/patch.sbottom_1300_205_60.json",
    ]
    assert [Path(path).parent.name for path in index["workspaces"]] == ["RegionA", "RegionC", "RegionA"]
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == 5


@pytest.mark.parametrize(
    ("point", "closest"),
    [
        ("RegionA/sbottom_1400_951_60", "RegionA/sbottom_1400_950_60"),
        ("RegionB/sbottom_1600_650_61", "RegionB/sbottom_1600_650_60"),
        ("RegionD/sbottom_1400_950_60", "sbottom_1400_950_60"),
        ("RegionA/stop_1_2", "RegionA/sbottom_"),
    ],
)
def test_a_point_that_the_archive_has_not_names_the_three_closest(tmp_path, point, closest):
    done = unpack(tmp_path, ARCHIVE, POINT, point)
    assert done.returncode == os.EX_DATAERR
    assert f"no point {point!r}" in done.stderr
    assert closest in done.stderr
    assert done.stderr.count("/sbottom_") >= 3
    assert not (tmp_path / "index.yml").exists()


def test_an_archive_of_other_bytes_is_refused(tmp_path):
    done = unpack(tmp_path, ARCHIVE, POINT, sha256="0" * 64)
    assert done.returncode == os.EX_DATAERR
    assert SHA256 in done.stderr


def hostile(path, change):
    member = tarfile.TarInfo("RegionA/BkgOnly.json")
    member.size = 2
    change(member)
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member, io.BytesIO(b"{}") if member.isfile() else None)
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: setattr(m, "name", "../../evil"), "outside"),
        (lambda m: setattr(m, "name", "/etc/evil"), "outside"),
        (lambda m: (setattr(m, "type", tarfile.SYMTYPE), setattr(m, "linkname", "/etc/passwd")), "neither"),
        (lambda m: (setattr(m, "type", tarfile.LNKTYPE), setattr(m, "linkname", "x")), "neither"),
        (lambda m: setattr(m, "type", tarfile.CHRTYPE), "neither"),
        (lambda m: None, "no point"),
    ],
)
def test_hostile_members_are_refused(tmp_path, change, words):
    done = unpack(tmp_path, hostile(tmp_path / "a.tar.gz", change), POINT)
    assert done.returncode == os.EX_DATAERR
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"hello")
    done = unpack(tmp_path, tmp_path / "a.tar.gz", POINT)
    assert done.returncode == os.EX_DATAERR
    assert "Traceback" not in done.stderr


def test_a_point_is_read_with_its_masses():
    fit = script("fit")
    assert fit.parse_point(POINT) == {
        "name": POINT,
        "region": "A",
        "m_sbottom_gev": 1400,
        "m_neutralino2_gev": 950,
        "m_neutralino1_gev": 60,
    }
    with pytest.raises(fit.FitFailed):
        fit.parse_point("RegionA/BkgOnly")


@pytest.mark.parametrize(
    ("observed", "band"),
    [
        (float("nan"), [0.1, 0.2, 0.3, 0.4, 0.5]),
        (float("inf"), [0.1, 0.2, 0.3, 0.4, 0.5]),
        (-0.1, [0.1, 0.2, 0.3, 0.4, 0.5]),
        (0.1, [0.1, 0.2, float("nan"), 0.4, 0.5]),
        (0.1, [0.5, 0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_a_fit_that_gives_no_probability_has_failed(observed, band):
    fit = script("fit")
    with pytest.raises(fit.FitFailed):
        fit.checked(observed, band)


def test_a_patch_without_signal_is_seen():
    fit = script("fit")
    sample = {"data": [1.0], "modifiers": [{"name": "mu_SIG", "type": "normfactor", "data": None}]}
    assert fit.has_signal([{"op": "add", "path": "/channels/0/samples/0", "value": sample}], "mu_SIG")
    assert not fit.has_signal([{"op": "remove", "path": "/channels/1"}], "mu_SIG")


def limit(name, cls_obs):
    return {
        "point": script("fit").parse_point(name),
        "cls_obs": cls_obs,
        "cls_exp": [0.1, 0.2, 0.3, 0.4, 0.5],
        "notes": [],
    }


def test_gather_does_not_depend_on_the_order(tmp_path):
    names = ["RegionB/sbottom_900_250_60", POINT, "RegionA/sbottom_900_250_60"]
    files = []
    for index, name in enumerate(names):
        files.append(tmp_path / f"{index}.json")
        files[-1].write_text(json.dumps(limit(name, 0.02)))
    tables = []
    for order in (files, files[::-1]):
        subprocess.run(
            [sys.executable, SPEC / "files/scripts/gather.py", "--published", SPEC / "files/published.json",
             "--json", tmp_path / "l.json", "--csv", tmp_path / "l.csv", *order],
            check=True, timeout=BOUND_S, capture_output=True,
        )  # fmt: skip
        tables.append(((tmp_path / "l.json").read_bytes(), (tmp_path / "l.csv").read_bytes()))
    assert tables[0] == tables[1]
    rows = list(csv.DictReader((tmp_path / "l.csv").read_text().splitlines()))
    assert [row["point"] for row in rows] == ["RegionA/sbottom_900_250_60", POINT, "RegionB/sbottom_900_250_60"]
    assert [row["published_cls_obs"] for row in rows] == ["", "0.021373283911064852", ""]
    assert rows[1]["relative_deviation"] == "-6.43e-02"
