"""Who vouches for the spec of a run: its user and accepted signers do, strangers do not."""

from __future__ import annotations

from dataclasses import replace

from recast.prepare.whose_spec import is_strangers
from recast.rundir import RunOrder
from tests.conftest import Answer


def request(**more) -> RunOrder:
    return RunOrder("r", 0.0, "workflow.yml", {}, {}, **more)


def test_a_file_of_the_user(catalogue) -> None:
    assert not is_strangers(request(), catalogue.store.root)


def test_what_was_fetched_is_a_strangers(catalogue) -> None:
    assert is_strangers(
        request(origin={"toplevel": {"toplevel": "https://example.org/x.tar.gz"}}), catalogue.store.root
    )


def test_a_version_is_the_users_if_it_was_published_here(catalogue, published) -> None:
    own = request(analysis=published.analysis, version=published.version, digest=published.digest)
    assert not is_strangers(own, catalogue.store.root)
    assert is_strangers(replace(own, digest="sha256:" + "0" * 64), catalogue.store.root)
    catalogue.forget(published.reference)
    assert is_strangers(own, catalogue.store.root)


def test_a_version_that_came_in_an_archive_is_a_strangers(author, machine, tmp_path) -> None:
    archive = tmp_path / "it.tar"
    assert author("publish", author.checkout.entry).code == 0
    (reference,) = (f"{row['analysis']}@{row['version']}" for row in author.ok("catalogue", "ls"))
    done: Answer = author("catalogue", "export", reference, archive)
    assert done.code == 0, done.err
    reader = machine("reader")
    assert reader("catalogue", "import", archive).code == 0
    for home, is_so in ((author, False), (reader, True)):
        version = home.catalogue.get(reference)
        asked = request(analysis=version.analysis, version=version.version, digest=version.digest)
        assert is_strangers(asked, home.catalogue.store.root) is is_so
