"""A run of a version goes on with the version's files, whatever its own request says of them."""

import shutil

import pytest

from recast.catalogue.checkout import checkout as check_out
from recast.catalogue.load import load_version
from recast.catalogue.store import CatalogueStore
from recast.cli.app import run
from recast.errors import SpecError
from recast.plainfile import file_digest
from recast.rundir import RunDirectory, RunOrder
from recast.runs.intact import check_spec


@pytest.mark.parametrize("says", ["nothing", "what is there"])
def test_an_edited_file_is_found_and_how_to_put_it_back(says, tmp_path, monkeypatch, checkout, capsys):
    """Runs from before requests said it are judged by their version, too."""
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RECAST_CATALOGUE", raising=False)
    monkeypatch.chdir(checkout.root)
    assert run(["publish", "tiny-1"]) == 0
    store = CatalogueStore(tmp_path / "home/catalogue")
    version = load_version(store, next(iter(store.index().values())))
    directory = RunDirectory(tmp_path / "run")
    for path in version.files:
        (directory.spec / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(check_out(version) / path, directory.spec / path)

    def check():
        said = {path: file_digest(directory.spec / path) for path in version.files} if says != "nothing" else {}
        check_spec(directory, RunOrder("ab", 0.0, version.workflow, {}, {}, digest=version.digest, spec_files=said))

    check()
    place = directory.spec / version.workflow
    place.write_text(place.read_text() + "# edited\n")
    with pytest.raises(SpecError, match="was edited") as caught:
        check()
    _, blob, where, *_ = caught.value.next_step.replace(",", "").split()
    shutil.copyfile(blob, where)
    check()
