"""What a toplevel's text means, in every spelling of yadage-schemas 0.11.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import UsageError
from recast.remote.scheme import GitToplevel, WebToplevel, parse_toplevel, workflow_file


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("github:org/repo", GitToplevel("github", "org/repo", "main")),
        ("github:org/repo@v1.0", GitToplevel("github", "org/repo", "v1.0")),
        ("github:org/repo:specs/x/", GitToplevel("github", "org/repo", "main", "specs/x")),
        ("github:org/repo@feature/x:./specs", GitToplevel("github", "org/repo", "feature/x", "specs")),
        ("gitlab-cern:recast-atlas/susy/ATLAS-CONF-2018-041:specs",
         GitToplevel("gitlab-cern", "recast-atlas/susy/ATLAS-CONF-2018-041", "master", "specs")),
        ("from-github/phenochain", GitToplevel("github", "lukasheinrich/yadage-workflows", "master", "phenochain")),
        ("from-github", GitToplevel("github", "lukasheinrich/yadage-workflows", "master")),
        ("https://host.org/a/b", WebToplevel("https://host.org/a/b/")),
        ("http://127.0.0.1:8000", WebToplevel("http://127.0.0.1:8000/")),
        ("specs/workflows", None),
        ("/abs/folder", None),
    ],
)  # fmt: skip
def test_meanings(text, meaning):
    assert parse_toplevel(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "github:repo", "github:a/b/c", "github:../repo", "github:org/repo@-x:",
        "github:org/repo:../..", "github:org/repo:a:b", "github:org/re po", "gitlab-cern:alone", "gitlab:org/repo",
        "git+ssh://host/repo", "from-cap/1234", "github:org/repo@a..b", "https://", "https://user:pass@host/x", "https://host/x?token=1",
    ],
)  # fmt: skip
def test_nonsense_is_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_toplevel(text)
    assert caught.value.why
    assert caught.value.next_step
    assert "pass" not in str(caught.value)


def test_a_near_miss_is_named():
    with pytest.raises(UsageError, match="is not valid") as caught:
        parse_toplevel("gitub:org/repo")
    assert "Did you mean github:?" in caught.value.next_step


def test_dialects():
    assert workflow_file("raw_with_defaults:workflow.yml") == "workflow.yml"
    assert workflow_file("sub/workflow.yml") == "sub/workflow.yml"
    with pytest.raises(UsageError, match="'lewagon'") as caught:
        workflow_file("lewagon:workflow.yml")
    assert caught.value.code == "spec.dialect"


@given(st.text(alphabet="abgithub:/@.-_~ \\%#?\n", max_size=40))
def test_any_text_is_understood_or_refused(text):
    try:
        meaning = parse_toplevel(text)
    except UsageError:
        return
    if isinstance(meaning, GitToplevel):
        assert parse_toplevel(meaning.text) == meaning
        assert ".." not in meaning.subfolder.split("/")
