"""An entry that is wrong is refused with file, line and key."""

import copy

import pytest
from catalogue_parts import entry_with

from recast.catalogue.entries.entry import load_entry
from recast.errors import EntryError, NotFound


def write(tmp_path, text):
    path = tmp_path / "tiny.yml"
    path.write_text(text)
    return path


def test_the_small_entry_is_good(checkout):
    entry = load_entry(checkout.entry).entry
    assert entry.analysis == "tiny-1"
    assert entry.version().version == "1.0.0"


@pytest.mark.parametrize(
    ("change", "words", "key"),
    [
        ({"/nme": "x"}, "unknown key 'nme'", "/nme"),
        ({"/title": None}, "title", "/title"),
        ({"/title": ...}, "the key 'title' is missing", "/"),
        ({"/analysis": "../../etc"}, "pattern", "/analysis"),
        ({"/references/arxiv": 1908.03122}, "valid string", "/references/arxiv"),
        ({"/sqrts_tev": float("nan")}, "finite", "/sqrts_tev"),
        ({"/sqrts_tev": -1}, "greater than 0", "/sqrts_tev"),
        ({"/authority": "official"}, "authoritative", "/authority"),
        ({"/versions": []}, "at least 1", "/versions"),
        ({"/versions/0/version": "v1"}, "three numbers", "/versions/0/version"),
        ({"/versions/0/version": "1.0"}, "three numbers", "/versions/0/version"),
        ({"/versions/0/init/table": "../../secret"}, "inside", "/versions/0/init/table"),
        ({"/versions/0/init/table": "/etc/passwd"}, "inside", "/versions/0/init/table"),
        ({"/versions/0/workflow": "a/./b.yml"}, "inside", "/versions/0/workflow"),
        ({"/versions/0/results": []}, "at least 1", "/versions/0/results"),
        ({"/versions/0/results/0/type": "limits"}, "limit", "/versions/0/results/0/type"),
        ({"/versions/0/results/0/name": "a/b"}, "pattern", "/versions/0/results/0/name"),
        ({"/versions/0/validation/0/tolerance": -1}, "greater than or equal", "/versions/0/validation/0/tolerance"),
        ({"/versions/0/validation/0/quantity": "cls_obs"}, "JSON pointer", "/versions/0/validation/0/quantity"),
        ({"/versions/0/validation/0/published": 0}, "absolute", "/versions/0/validation/0"),
        ({"/versions/0/validation/0/result": "limits"}, "not declared", "/versions/0/validation/0/result"),
    ],
)
def test_a_fault_is_named_with_file_line_and_key(checkout, change, words, key):
    checkout.write_entry(entry_with(change))
    with pytest.raises(EntryError) as caught:
        load_entry(checkout.entry)
    assert words in caught.value.what + caught.value.why
    assert caught.value.exit_code == 3
    file, _, rest = caught.value.where.partition(":")
    line, _, found = rest.partition(" ")
    assert (file, found) == (str(checkout.entry), key)
    text = checkout.entry.read_text().splitlines()[int(line) - 1]
    last = key.rpartition("/")[2]
    assert last.isdecimal() or last in text


def test_several_faults_are_told_at_once(checkout):
    checkout.write_entry(entry_with({"/title": 1, "/models": "x"}))
    with pytest.raises(EntryError, match="2 faults") as caught:
        load_entry(checkout.entry)
    assert "models" in caught.value.why


def test_twins_are_refused(checkout):
    entry = entry_with({})
    entry["versions"].append(copy.deepcopy(entry["versions"][0]))
    checkout.write_entry(entry)
    with pytest.raises(EntryError, match=r"called '1\.0\.0'"):
        load_entry(checkout.entry)


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "just text", "", "a: 1\na: 2\n", "x: &a [*a]\n"])
def test_files_that_are_no_entry(tmp_path, text):
    with pytest.raises(EntryError) as caught:
        load_entry(write(tmp_path, text))
    assert "tiny.yml" in caught.value.where


def test_a_yaml_bomb_is_refused(tmp_path):
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    with pytest.raises(EntryError):
        load_entry(write(tmp_path, bomb))


def test_no_file(tmp_path):
    with pytest.raises(NotFound):
        load_entry(tmp_path / "none.yml")


def test_a_version_by_number(checkout):
    entry = load_entry(checkout.entry).entry
    with pytest.raises(NotFound, match=r"no version 2\.0\.0"):
        entry.version("2.0.0")
