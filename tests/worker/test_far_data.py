"""Files by way of a URL: whole or not at all, once per node, and hashed wherever they arrive."""

import hashlib
import os

import pytest

from recast.worker.failure import Failure
from recast.worker.remote import web
from recast.worker.remote.data import bring_inputs, send_outputs
from recast.worker.remote.store import place_of, store_at
from tests.worker.webstore import web_store

CONTENT = b"event " * 5000


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(web, "_PAUSES_S", (0.0, 0.0, 0.0))
    with web_store() as store:
        yield store


@pytest.fixture(params=["file", "http"])
def url(request, tmp_path, server):
    return f"file://{tmp_path}/far" if request.param == "file" else server.url


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def made(folder, content=CONTENT):
    path = folder / f"made-{os.urandom(4).hex()}"
    path.write_bytes(content)
    return str(path)


def task(tmp_path, url, *contents, job="job", token="", from_bytes=1000):
    inputs = [
        {"path": f"/recast/run/a/{n}", "digest": digest_of(c), "size": len(c), "executable": False}
        for n, c in enumerate(contents)
    ]
    far = {"url": url, "token": token, "from_bytes": from_bytes, "cache": str(tmp_path / "cache"), "wait_s": 5}
    return {"job": {"inputs": inputs}, "store": str(tmp_path / job), "far": far}


def test_there_and_back(url, tmp_path):
    store, place = store_at(url), place_of(digest_of(CONTENT))
    assert store.size(place) is None
    store.put(made(tmp_path), place, len(CONTENT))
    assert store.size(place) == len(CONTENT)
    store.get(place, digest_of(CONTENT), len(CONTENT), str(tmp_path / "here"))
    assert (tmp_path / "here").read_bytes() == CONTENT


def test_what_is_there_is_not_sent_again(server, tmp_path):
    store, place = store_at(server.url), place_of(digest_of(CONTENT))
    for _ in range(2):
        store.put(made(tmp_path), place, len(CONTENT))
    assert server.count("PUT") == 1


def test_other_bytes_than_the_digest_says(url, tmp_path):
    store, place = store_at(url), place_of(digest_of(CONTENT))
    store.put(made(tmp_path, b"other" * 10), place, 50)
    with pytest.raises(Failure, match=r"wanted is|other bytes") as caught:
        store.get(place, digest_of(CONTENT), 50, str(tmp_path / "here"))
    assert caught.value.kind == "staging"
    assert not (tmp_path / "here").exists()


def test_a_folder_is_made_where_the_server_wants_one(server, tmp_path):
    server.folders = {"/store"}
    place = place_of(digest_of(CONTENT))
    store_at(server.url).put(made(tmp_path), place, len(CONTENT))
    assert server.files[f"/store/{place}"] == CONTENT


def test_a_connection_that_breaks_is_gone_on_with(server, tmp_path):
    place = place_of(digest_of(CONTENT))
    server.files[f"/store/{place}"] = CONTENT
    server.cut = [10_000, 5_000]
    store_at(server.url).get(place, digest_of(CONTENT), len(CONTENT), str(tmp_path / "here"))
    assert (tmp_path / "here").read_bytes() == CONTENT
    assert server.sent_bytes == len(CONTENT)


def test_a_server_that_is_busy_and_one_that_stays_so(server, tmp_path):
    place = place_of(digest_of(CONTENT))
    server.ill = [503, 429]
    store_at(server.url).put(made(tmp_path), place, len(CONTENT))
    server.ill = [503] * 20
    with pytest.raises(Failure, match="answers 503") as caught:
        store_at(server.url).size(place)
    assert caught.value.kind == "staging"


def test_a_token_from_a_file(server, tmp_path):
    server.token = "sesame"
    (tmp_path / "token").write_text("sesame\n")
    store_at(server.url, str(tmp_path / "token")).put(made(tmp_path), place_of(digest_of(CONTENT)), len(CONTENT))
    with pytest.raises(Failure) as caught:
        store_at(server.url).size(place_of(digest_of(CONTENT)))
    assert caught.value.kind == "authentication"


@pytest.mark.parametrize("url", ["s3://bucket/x", "file://elsewhere/x", "ftp://a/b", "https://", "/a/b"])
def test_a_url_that_a_node_does_not_know(url):
    with pytest.raises(Failure, match="not a store that a node can reach"):
        store_at(url)


@pytest.mark.parametrize("digest", ["sha256:../../x", "md5:" + "0" * 64, "sha256:" + "G" * 64, ""])
def test_a_digest_is_no_way_out(digest):
    with pytest.raises(Failure, match=r"no.* sha256 digest"):
        place_of(digest)


# -- jobs


def test_an_input_comes_once_per_node(server, tmp_path):
    server.files[f"/store/{place_of(digest_of(CONTENT))}"] = CONTENT
    for number in range(3):
        bring_inputs(task(tmp_path, server.url, CONTENT, job=f"job-{number}"))
        assert (tmp_path / f"job-{number}" / place_of(digest_of(CONTENT))).read_bytes() == CONTENT
    assert server.count("GET") == 1


def test_what_came_along_is_not_asked_for(server, tmp_path):
    wanted = task(tmp_path, server.url, CONTENT)
    target = tmp_path / "job" / place_of(digest_of(CONTENT))
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    bring_inputs(wanted)
    assert not server.asked and not (tmp_path / "cache").exists()


def test_an_input_that_was_changed_in_the_cache_comes_again(server, tmp_path):
    server.files[f"/store/{place_of(digest_of(CONTENT))}"] = CONTENT
    bring_inputs(task(tmp_path, server.url, CONTENT))
    cached = tmp_path / "cache/data" / place_of(digest_of(CONTENT))
    cached.unlink()
    cached.write_bytes(bytes(len(CONTENT)))
    bring_inputs(task(tmp_path, server.url, CONTENT, job="other"))
    assert (tmp_path / "other" / place_of(digest_of(CONTENT))).read_bytes() == CONTENT


def test_a_file_store_is_linked_and_not_copied(tmp_path):
    url = f"file://{tmp_path}/far"
    store_at(url).put(made(tmp_path), place_of(digest_of(CONTENT)), len(CONTENT))
    bring_inputs(task(tmp_path, url, CONTENT))
    there, here = tmp_path / "far" / place_of(digest_of(CONTENT)), tmp_path / "job" / place_of(digest_of(CONTENT))
    assert there.stat().st_ino == here.stat().st_ino


def test_the_cache_of_inputs_is_bound(server, tmp_path):
    contents = [os.urandom(900_000) for _ in range(4)]
    for number, content in enumerate(contents):
        server.files[f"/store/{place_of(digest_of(content))}"] = content
        wanted = task(tmp_path, server.url, content, job=f"job-{number}")
        wanted["far"]["cache_mb"] = 2
        bring_inputs(wanted)
        os.utime(tmp_path / "cache/data" / place_of(digest_of(content)), (number, number))
    kept = [path for path in (tmp_path / "cache/data").rglob("*") if path.is_file() and path.suffix != ".ok"]
    assert len(kept) == 2
    assert all((tmp_path / f"job-{n}" / place_of(digest_of(c))).read_bytes() == c for n, c in enumerate(contents))


def test_large_outputs_go_and_small_ones_do_not(server, tmp_path):
    small, large = b"small", CONTENT
    wanted = task(tmp_path, server.url)
    outputs = []
    for content in (small, large):
        target = tmp_path / "job" / place_of(digest_of(content))
        target.parent.mkdir(parents=True)
        target.write_bytes(content)
        outputs.append({"path": "x", "digest": digest_of(content), "size": len(content), "executable": False})
    assert send_outputs(wanted, outputs) == [digest_of(large)]
    assert list(server.files) == [f"/store/{place_of(digest_of(large))}"]


def flip(path):
    """Change one byte, and put all times back that a program can put back."""
    before = os.stat(path)
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.seek(1)
        file.write(b"X")
    os.chmod(path, before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_was_just_made_replaces_what_is_damaged_far_and_in_the_cache(url, tmp_path, server):
    place, out = place_of(digest_of(CONTENT)), [{"digest": digest_of(CONTENT), "size": len(CONTENT)}]
    given = task(tmp_path, url)
    for number in range(2):
        made_here = f"{given['store']}{number}/{place}"
        os.makedirs(os.path.dirname(made_here))
        with open(made_here, "wb") as file:
            file.write(CONTENT)
        send_outputs({**given, "store": f"{given['store']}{number}"}, out)
        store_at(url).get(place, digest_of(CONTENT), len(CONTENT), str(tmp_path / f"back{number}"))
        assert (tmp_path / f"back{number}").read_bytes() == CONTENT
        cached = tmp_path / "cache/data" / place
        assert cached.read_bytes() == CONTENT
        assert not [name for name in os.listdir(cached.parent) if not name.startswith(cached.name[:60])]
        assert sorted(os.listdir(cached.parent)) == [cached.name, cached.name + ".ok"]
        if url.startswith("file:"):
            os.unlink(made_here)
            flip(tmp_path / "far" / place)  # which is the file in the cache, too
        else:
            server.files["/" + place] = b"X" + CONTENT[1:]
            flip(cached)


def test_a_file_in_the_nodes_cache_that_was_changed_unseen_is_fetched_again(url, tmp_path):
    store_at(url).put(made(tmp_path), place_of(digest_of(CONTENT)), len(CONTENT))
    bring_inputs(task(tmp_path, url, CONTENT, job="one"))
    cached = tmp_path / "cache/data" / place_of(digest_of(CONTENT))
    if os.stat(cached).st_nlink > 1:  # let the one that is far, and the job's, be files of their own
        os.rename(cached, tmp_path / "aside")
        cached.write_bytes((tmp_path / "aside").read_bytes())
    flip(cached)
    bring_inputs(task(tmp_path, url, CONTENT, job="two"))
    assert (tmp_path / "two" / place_of(digest_of(CONTENT))).read_bytes() == CONTENT
