"""Files handed in as inputs: what the job sees, where they come from, and who may name which."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Recast
from tests.inputs.conftest import Published
from tests.remote.loopback import Loopback, Reply
from tests.runs.told import write_spec

SLHA = b"BLOCK MASS\n"
SHA256 = hashlib.sha256(SLHA).hexdigest()


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "my.slha").write_bytes(SLHA)
    return folder


def out(recast: Recast, done: Answer, home: Path) -> list[str]:
    assert done.code == 0, done.err
    folder = home / "runs" / done.out.strip()
    return (folder / "work/join/out.txt").read_text().splitlines()


def request_of(home: Path, done: Answer) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((home / "runs" / done.out.strip() / "request.json").read_text())
    return read


def test_a_file_of_this_machine(recast: Recast, files_1: Published, here: Path, home: Path) -> None:
    assert files_1.publish().code == 0
    seen = "/recast/run/init/inputs/slha/my.slha"
    for given in ("slha=@my.slha", "slha=my.slha", f"slha={here}/my.slha", "slha=file:my.slha"):
        done = recast("run", "files-1", "-p", given, cwd=here)
        assert out(recast, done, home) == ["BLOCK MASS", "table", f"{seen} 500"], given
    assert request_of(home, done)["given"]["slha"] == "my.slha"  # no path of this machine
    assert str(here) not in json.dumps(request_of(home, done)["inputs"])
    shown = recast("show", "last")
    assert "input    /slha my.slha" in shown.out


def test_the_same_content_comes_from_the_cache(recast: Recast, files_1: Published, here: Path) -> None:
    files_1.publish()
    (here / "elsewhere").mkdir()
    (here / "elsewhere/my.slha").write_bytes(SLHA)
    recast("run", "files-1", "-p", "slha=@my.slha", cwd=here)
    again = recast("plan", "files-1", "-p", "slha=@elsewhere/my.slha", "-o", "json", cwd=here).json
    assert [step["action"] for step in again["steps"] if step["id"] == "/join/0"] == ["cached"]
    (here / "elsewhere/my.slha").write_bytes(b"other\n")
    other = recast("plan", "files-1", "-p", "slha=@elsewhere/my.slha", "-o", "json", cwd=here).json
    assert [step["action"] for step in other["steps"] if step["id"] == "/join/0"] == ["run"]


def test_a_file_beside_the_file_of_inputs(recast: Recast, files_1: Published, here: Path, home: Path) -> None:
    files_1.publish()
    (here / "inputs.yml").write_text("slha: my.slha\nmass: 800\nlhe: [a.lhe, a.lhe]\n")
    (here / "a.lhe").write_text("<event/>\n")
    lines = out(recast, recast("run", "files-1", "--inputs", here / "inputs.yml"), home)
    assert lines == ["BLOCK MASS", "table", "<event/>", "<event/>", "/recast/run/init/inputs/slha/my.slha 800"]


def test_a_file_of_the_version(recast: Recast, files_1: Published, home: Path) -> None:
    files_1.publish()
    assert out(recast, recast("run", "files-1", "--example", "demo"), home)[0] == "example"


def test_a_remote_file_is_fetched_once_for_all_runs(
    recast: Recast, files_1: Published, server: Loopback, home: Path, here: Path
) -> None:
    files_1.publish()
    url = server.add("/models/my%20point.slha", SLHA)
    first = recast("run", "files-1", "-p", f"slha={url}#sha256={SHA256}")
    assert out(recast, first, home)[-1] == "/recast/run/init/inputs/slha/my_point.slha 500"
    (here / "inputs.yml").write_text(json.dumps({"slha": {"url": url, "sha256": SHA256, "size": len(SLHA)}}))
    second = recast("run", "files-1", "--inputs", here / "inputs.yml")
    assert out(recast, second, home)[0] == "BLOCK MASS"
    assert server.paths() == ["/models/my%20point.slha"]
    origin = request_of(home, first)["origin"]["files"]["inputs/slha/my_point.slha"]
    assert (origin["input"], origin["from"], origin["sha256"]) == ("/slha", url, SHA256)
    assert "fetched" in origin
    assert "fetched" not in request_of(home, second)["origin"]["files"]["inputs/slha/my_point.slha"]


def test_a_remote_file_of_init(recast: Recast, files_1: Published, home: Path) -> None:
    table = b"far table\n"
    digest = hashlib.sha256(table).hexdigest()
    refused = files_1.publish(init={"table": "https://example.org/table.txt"})
    assert refused.code == 3
    assert "needs its checksum" in refused.err
    place = home / "artifacts/sha256" / digest[:2] / digest[2:]
    place.parent.mkdir(parents=True)
    place.write_bytes(table)  # as if an earlier run had fetched it
    done = files_1.publish(init={"table": f"https://example.org/table.txt#sha256={digest}"})
    assert done.code == 0, done.err
    assert out(recast, recast("run", "files-1", "--example", "demo"), home)[1] == "far table"


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ("slha=@mine.slha", 3, "did you mean 'my.slha'?"),
        ("slha=@.", 3, "is a folder"),
        ("slha=/dev/zero", 3, "no plain file"),
        ("slha=@notes.txt", 3, "does not fit the pattern"),
        ("slha=@big.slha", 3, "has 2000 bytes"),
        ("slha=5", 3, "5 is a whole number, not a file"),
        ("slha=bundle:files/exmple.slha", 3, "files/example.slha"),
        ("slha=bundle:../../secret.slha", 3, "contains no file"),
        ("slha=https://example.org/a.slha", 3, "has no checksum"),
        ("slha=https://example.org/a.slha#sha256=12", 3, "checksum is malformed"),
        ("slha=https://user:pw@example.org/a.slha#sha256=" + "0" * 64, 3, "password"),
        ("slha={url: 'https://example.org/a.slha', md5: 3}", 3, "a file has no 'md5'"),
        ("slha={url: 'https://example.org/a.slha', sha256: '" + "0" * 64 + "', size: 2000}", 3, "at most 1000 bytes"),
    ],
)
def test_what_is_no_file(
    recast: Recast, files_1: Published, here: Path, home: Path, given: str, code: int, words: str
) -> None:
    files_1.publish()
    (here / "notes.txt").write_text("x")
    (here / "big.slha").write_bytes(b"x" * 2000)
    done = recast("run", "files-1", "-p", given, cwd=here)
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert not (home / "runs").exists()


def test_other_bytes_a_missing_file_and_a_login_page(recast: Recast, files_1: Published, server: Loopback) -> None:
    files_1.publish()
    page = server.add("/login.slha", Reply(b"<html>", headers={"Content-Type": "text/html"}))
    for url, code, words in (
        (server.add("/other.slha", b"other"), 3, "does not have the given checksum"),
        (server.url + "/missing.slha", 6, "nothing at this address"),
        (page, 3, "login page"),
    ):
        done = recast("run", "files-1", "-p", f"slha={url}#sha256={SHA256}")
        assert done.code == code, done.err
        assert words in done.err


def test_only_the_user_may_name_files_of_this_machine(recast: Recast, files_1: Published, here: Path) -> None:
    secret = here / "secret.slha"
    secret.write_text("key")
    example = {"description": "x", "inputs": {"slha": str(secret)}}
    done = files_1.publish(examples={"demo": example})
    assert done.code == 3
    assert "a file of your machine" in done.err


def test_only_the_user_may_lead_us_into_this_network(
    recast: Recast, files_1: Published, server: Loopback, here: Path
) -> None:
    url = f"{server.add('/a.slha', SLHA)}#sha256={SHA256}"
    refused = files_1.publish(examples={"demo": {"description": "x", "inputs": {"slha": url}}})
    assert refused.code == 3
    assert "points into the local network" in refused.err
    assert files_1.publish(examples={}).code == 0
    (here / "inputs.yml").write_text(f"slha: {url}\n")  # a file may come from anywhere; what is typed does not
    done = recast("run", "files-1", "--inputs", here / "inputs.yml")
    assert done.code == 5
    assert "-p slha=URL#sha256=" in done.err
    assert server.seen == []
    assert recast("run", "files-1", "-p", f"slha={url}").code == 0


def test_any_workflow_takes_a_marked_file(recast: Recast, here: Path, home: Path, tmp_path: Path) -> None:
    spec = write_spec(tmp_path / "spec")
    given = ["-p", "input=@my.slha", "-p", "values=[1]", "--allow-host-process", "-q"]
    done = recast("run", "workflow.yml", "--toplevel", spec, *given, cwd=here)
    assert done.code == 0, done.err
    assert (home / "runs" / done.out.strip() / "work/map_0/out.txt").read_text() == "BLOCK MASS\n1\n"


def test_an_unmarked_name_stays_a_text_there(recast: Recast, here: Path, tmp_path: Path) -> None:
    spec = write_spec(tmp_path / "spec", command="echo {input} {value} > {out}")
    done = recast(
        "run", "workflow.yml", "--toplevel", spec, "-p", "input=my.slha", "-p", "values=[1]",
        "--allow-host-process", "-q", cwd=here,
    )  # fmt: skip
    assert done.code == 0, done.err
    shown = recast("show", "last", "-o", "json").json
    assert shown["steps"][1]["parameters"]["input"] == "my.slha"


def test_a_crate_holds_the_file_and_says_where_it_came_from(
    recast: Recast, files_1: Published, here: Path, tmp_path: Path
) -> None:
    files_1.publish()
    assert recast("run", "files-1", "-p", "slha=@my.slha", cwd=here).code == 0
    assert recast("results", "last", "--export", "ro-crate", tmp_path / "crate").code == 0
    assert (tmp_path / "crate/inputs/slha/my.slha").read_bytes() == SLHA
    known = {
        item["@id"]: item for item in json.loads((tmp_path / "crate/ro-crate-metadata.json").read_text())["@graph"]
    }
    assert known["#input/slha"]["workExample"] == {"@id": "inputs/slha/my.slha"}
    assert known["#input/slha"]["additionalType"] == "File"
    assert str(here) not in (tmp_path / "crate/inputs.json").read_text()
