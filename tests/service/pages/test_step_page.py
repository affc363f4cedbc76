"""The page of a step for every kind of reader, and its log: newest first, parts by links, hostile, replaced."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from recast.service.pages.frame import _environment
from tests.service.running import Running
from tests.service.staged import Staged
from tests.service.test_runs import STEP, picture
from tests.waiting import until

HOSTILE = (
    b'\x1b[31mred\x1b[0m <script>alert(1)</script> \x1b[2J\x1b]0;title\x07 \xff\x00 \xe2\x80\xaegnp\n<a href="x">\n'
)


@pytest.fixture
def staged(service: Running) -> Staged:
    return Staged(service)


def step_with_log(service: Running, staged: Staged, folder: Path, request: str, log: bytes, **changed: Any) -> str:
    """Return the address of a step whose second attempt has a log."""
    run = staged.run(staged.request(request), folder=str(folder))
    picture(service, run, steps=[{**STEP, **changed}])
    for number, content in ((1, b"the first attempt\n"), (2, log)):
        (folder / f"jobs/job-{number}").mkdir(parents=True, exist_ok=True)
        (folder / f"jobs/job-{number}/log").write_bytes(content)
    return f"{service.url}/runs/{run}/steps/fit/0"


def test_who_sees_what(service: Running, staged: Staged, tmp_path: Path) -> None:
    address = step_with_log(service, staged, tmp_path, "accepted", b"cls is 0.03\n")
    stranger, carol = service.client(), service.client(service.person("carol"))
    seen = stranger.get(address)
    assert seen.status_code == 200 and "failed" in seen.text
    assert not re.search("0.03|node7|job-2|<h2>|log-", seen.text)
    assert "0.03" not in stranger.get(f"{address}?q=cls&part=true").text
    inside = carol.get(address).text
    assert "cls is 0.03" in inside and "node7" in inside and str(tmp_path) not in inside
    assert "It failed: cls is 0.03." in inside
    assert carol.get(f"{address}.json").json()["why"] == "It failed: cls is 0.03."
    assert "why" not in stranger.get(f"{address}.json").json()


def test_a_hidden_run_has_no_page(service: Running, staged: Staged, tmp_path: Path) -> None:
    run = staged.run(staged.request("accepted", "private"), folder=str(tmp_path))
    picture(service, run)
    for path in ("fit/0", "fit/0.json", "none/0"):
        assert service.client().get(f"{service.url}/runs/{run}/steps/{path}").status_code == 404
    assert service.client().get(f"{service.url}/runs/none/steps/fit/0").status_code == 404


def test_what_a_log_holds_stays_text(service: Running, staged: Staged, tmp_path: Path) -> None:
    address = step_with_log(service, staged, tmp_path, "released", HOSTILE)
    seen = service.client().get(address).text
    assert '<span class="t-red">red</span>' in seen and "<script>alert" not in seen and '<a href="x">' not in seen
    assert "\\u202e" in seen and "title" not in seen.split('class="part"')[1].split("</pre>")[0]
    assert "\x1b" not in seen and "\x00" not in seen and "�" in seen


def _part(text: str) -> str:
    return html.unescape(
        re.sub("<[^>]+>", "", text.split('class="part"', 1)[1].split("<code>", 1)[1].split("</code></div>", 1)[0])
    )


def _link(text: str, words: str) -> str:
    found = re.search(rf'<a href="([^"]+)#log"[^>]*>{words}</a>', text)
    return html.unescape(found[1]) if found else ""


def test_links_lead_through_the_whole_log(service: Running, staged: Staged, tmp_path: Path) -> None:
    lines = [f"line {number} {'x' * 300}" for number in range(2500)]
    address = step_with_log(service, staged, tmp_path, "released", "\n".join(lines).encode())
    client, pages = service.client(), list[str]()
    while address:
        seen = client.get(address).text
        pages.append(_part(seen))
        address = service.url + link if (link := _link(seen, "Earlier lines")) else ""
    assert "".join(reversed(pages)).split("\n")[:-1] == lines and len(pages) > 2
    assert pages[0].count("\n") < 1000
    forward, address = list[str](), service.url + _link(seen, "Newest lines") + "&at=0"
    while address:
        seen = client.get(address).text
        forward.append(_part(seen))
        address = service.url + link if (link := _link(seen, "Later lines")) else ""
    assert "".join(forward).split("\n")[:-1] == lines


def test_the_script_follows_what_is_written(service: Running, staged: Staged, tmp_path: Path) -> None:
    address = step_with_log(service, staged, tmp_path, "released", b"one\n", state="running")
    client, log = service.client(), tmp_path / "jobs/job-2/log"

    def part(address: str) -> tuple[str, str]:
        text = client.get(address).text
        later = re.search('data-later="([^"]*)"', text)
        assert later is not None and "<html" not in text and "data-ended" not in text
        return _part(text), f"{service.url}{html.unescape(later[1])}&part=true"

    text, later = part(f"{address}?part=true")
    assert text == "one\n"
    assert part(later)[0] == ""
    with log.open("ab") as file:
        file.write(b"two\nthr")
    text, later = part(later)
    assert text == "two\n"
    (tmp_path / "new").write_bytes(b"another log\n")
    (tmp_path / "new").rename(log)
    again = client.get(later).text
    assert "data-again" in again and _part(again) == "another log\n"
    assert "it was replaced or cut short" in client.get(later.removesuffix("&part=true")).text
    log.unlink()
    assert client.get(later).status_code == 200


def test_a_log_that_is_away_is_wished_for_and_read_where_the_driver_puts_it(
    service: Running, staged: Staged, tmp_path: Path
) -> None:
    address = step_with_log(service, staged, tmp_path, "released", b"", state="running")
    looks, run = service.parts.ledger.looks, address.split("/")[4]
    service.client().get(address)
    assert looks.wanted(run, 30) == []
    (tmp_path / "jobs/job-2/log").unlink()
    assert "Nothing is written here yet" in service.client().get(address).text
    assert looks.wanted(run, 30) == ["/fit/0"]
    (tmp_path / "peeked").mkdir()
    (tmp_path / "peeked/job-2.log").write_bytes(b"from afar\n")
    assert "from afar" in service.client().get(address).text
    service.clock.time += 60
    assert looks.wanted(run, 30) == []


def test_attempts_side_by_side_and_search(service: Running, staged: Staged, tmp_path: Path) -> None:
    address = step_with_log(service, staged, tmp_path, "released", b"alpha\n\x1b[1mbe\x1b[0mta\nBETA 2\n")
    seen = service.client().get(f"{address}?attempt=2&beside=1").text
    assert seen.count('class="log-side"') == 2 and "the first attempt" in seen and "alpha" in seen
    found = service.client().get(f"{address}?q=beta").text
    assert found.count("<li><a href") == 2 and "beta</code>" in found and "at=6" in found
    assert "is not there" in service.client().get(f"{address}?q=gamma").text
    assert service.client().get(f"{address}?attempt=7").status_code == 200


def test_download_and_search_by_the_api(service: Running, staged: Staged, tmp_path: Path) -> None:
    token = b"ghp_" + b"a" * 36
    address = step_with_log(service, staged, tmp_path, "released", b"\xff\x00raw\r\n" + token + b"\nend")
    run = address.split("/")[4]
    client = service.client()
    answer = client.get(f"/runs/{run}/log/file", params={"step": "fit/0"})
    assert answer.content == b"\xff\x00raw\r\n***\nend" and answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{run}-fit-0-2.log"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    last = client.get(f"/runs/{run}/log", params={"step": "fit/0", "from": "end", "lines": 1}).json()
    assert last["text"] == "end" and last["next"] == last["size"]
    found = client.get(f"/runs/{run}/log", params={"step": "fit/0", "search": "RAW"}).json()
    assert [it["text"] for it in found["hits"]] == ["�\\u0000raw "] and found["text"] == ""
    again = client.get(f"/runs/{run}/log", params={"step": "fit/0", "offset": 9, "file": "other"}).json()
    assert again["again"] and again["offset"] == 0


def test_a_download_that_is_broken_off_gives_its_seat_back(service: Running, staged: Staged, tmp_path: Path) -> None:
    address = step_with_log(service, staged, tmp_path, "released", b"a line of a log\n" * 1_000_000)
    client, file = service.client(), f"/runs/{address.split('/')[4]}/log/file"

    def begins() -> bool:
        with client.stream("GET", file, params={"step": "fit/0"}) as answer:
            return answer.status_code == 200 and bool(next(answer.iter_raw()))

    for number in range(5):
        until(begins, f"download {number} begins")


@pytest.mark.parametrize("changed", [{"attempts": 0, "job_id": None, "attempts_list": []}, {"parameters": None}])
def test_a_step_of_which_little_is_known(
    service: Running, staged: Staged, tmp_path: Path, changed: dict[str, Any]
) -> None:
    address = step_with_log(service, staged, tmp_path, "released", b"", **changed)
    assert service.client().get(address).status_code == 200
    told = service.client().get(f"{address}.json?facts=true").json()
    assert told["facts"] is None and "folder of this run is not there" in told["facts_missing"]
    assert "folder of this run is not there" in service.client().get(f"{address}?facts=true").text


def test_pages_are_small(service: Running, staged: Staged, tmp_path: Path) -> None:
    _environment.cache_clear()
    address = step_with_log(service, staged, tmp_path, "released", b"\x1b[31mx\x1b[0m y\n" * 100_000)
    answer: httpx2.Response = service.client().get(address)
    assert answer.text.count("<span class") < 1010 and len(answer.content) < 100_000
