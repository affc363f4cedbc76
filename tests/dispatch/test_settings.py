"""The site's policy for requests, from a file; what is wrong with it has a line and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.dispatch.order import ChildOrder
from recast.dispatch.settings import DispatchSettings, MailSettings, load_dispatch
from recast.errors import UsageError
from recast.ledger.work import Lease


def test_the_tables_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        '[service]\nbase_url = "https://desk.example.org/x/"\n[dispatch]\nmost_runs = 5\nexecutor = "slurm"\n'
        '[mail]\nhost = "mx"\nsender = "a@b"\nsecurity = "tls"\n'
    )
    settings, mail, base_url = load_dispatch(tmp_path / "s.toml")
    assert settings == DispatchSettings(most_runs=5, executor="slurm")
    assert mail == MailSettings(host="mx", sender="a@b", security="tls")
    assert base_url == "https://desk.example.org/x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[dispatch]\nmost_run = 5", "most_run"),
        ("[dispatch]\nmost_runs = 0", "positive number"),
        ("[dispatch]\nmost_runs = true", "positive number"),
        ("[dispatch]\nbuild_images = 1", "true or false"),
        ('[dispatch]\nexecutor = ["slurm"]', "text"),
        ('[mail]\nhost = "mx"', "sender"),
        ('[mail]\nhost = "mx"\nsender = "RECAST desk"', "sender"),
        ('[mail]\nhost = "mx"\nsender = "recast@"', "sender"),
        ('[mail]\nsecurity = "ssl"', "security"),
        ("dispatch = 3", "not a table"),
    ],
)
def test_what_is_wrong_has_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load_dispatch(tmp_path / "s.toml")
    assert words in f"{caught.value.what} {caught.value.where}"
    assert "s.toml" in caught.value.where and caught.value.next_step


def test_an_order_survives_its_way() -> None:
    lease = Lease(1, "run", "q1", 3, "me", 2, 5.0, 1)
    order = ChildOrder("sqlite:///x", lease, DispatchSettings(most_runs=3))
    assert ChildOrder.of_text(order.as_text()) == order
