"""A validation of some items leaves what is known of the others."""

from __future__ import annotations

from recast.catalogue.validate import keep_evidence, read_evidence


def test_a_part_of_a_validation_leaves_the_rest(published, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    keep_evidence(published, [{"name": "a", "ours": 1}, {"name": "b", "ours": 2}])
    keep_evidence(published, [{"name": "b", "ours": 3}], whole=False)
    found = read_evidence(published)
    assert found is not None
    assert found["items"] == [{"name": "a", "ours": 1}, {"name": "b", "ours": 3}]
