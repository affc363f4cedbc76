"""`python -m tests.testbeds.forge.table`: dialect x event x fault against our receiver, with real repositories.

A column for each dialect says how many deliveries came, and what became of them. It ends with 1 if one bad delivery has
led to a pipeline, or if we read a good one differently from Buildbot.
"""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from recast.ci.checkout import Remote
from recast.ci.forges import Delivery, Event, Hook, read_delivery
from recast.ci.server.ledger import Ledger
from recast.ci.server.looking import Looker
from recast.ci.server.queue import Queue
from recast.ci.server.receiver import Receiver
from recast.ci.server.settings import Repository
from tests.testbeds.forge.deliveries import FAULTS, LATER, Sent, good_deliveries, prepare
from tests.testbeds.forge.forge import SECRETS, Forge, forge_of
from tests.testbeds.forge.judging import Reading, judge

__all__ = ["Outcome", "Receiving", "post", "receiving", "table_of", "while_good"]

DIALECTS = ("github", "gitlab", "gitea")


@dataclass
class Receiving:
    """Our receiver for one forge, whose remote is looked at when `look` is called."""

    forge: Forge
    receiver: Receiver
    ledger: Ledger
    looker: Looker
    hook: Hook

    @property
    def url(self) -> str:
        return f"{self.receiver.url}/hooks/analysis"

    def look(self) -> bool:
        """Look at the remote if a forge has called; return whether it was read."""
        return self.looker.look_if_due()

    def pipelines(self) -> set[tuple[str, str, str]]:
        """Commit, lane and state of all pipelines."""
        return {(it.commit, it.lane, it.state) for it in Queue(self.ledger).newest()}


@dataclass
class Outcome:
    """What became of the deliveries of one dialect: (event, fault) -> what was answered; and what was wrong."""

    dialect: str
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    readings: int = 0
    pipelines: int = 0


@contextmanager
def receiving(forge: Forge, folder: Path) -> Iterator[Receiving]:
    """Yield a receiver that has looked at the forge once, so that everything that is there is known."""
    hook = Hook(forge.dialect, forge.project.path, SECRETS[forge.dialect].encode())  # type: ignore[arg-type]
    repository = Repository("analysis", Remote(forge.clone_url), hook, None)
    database, repositories = folder / "ledger.sqlite", {"analysis": repository}
    with Ledger(database) as ledger:
        receiver = Receiver(("127.0.0.1", 0), repositories, database, lambda line: None, lambda name: None)
        looker = Looker(repository, ledger, folder, 86400, lambda line: None)
        thread = threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Receiving(forge, receiver, ledger, looker, hook)
        finally:
            receiver.shutdown()
            receiver.server_close()
            thread.join(10)


def post(url: str, sent: Sent) -> tuple[int, dict[str, str]]:
    """Send a delivery as it is, wrong lengths included; return status and answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.putrequest("POST", parts.path, skip_accept_encoding=True)
        for name, value in sent.headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(sent.body) if sent.announced is None else sent.announced))
        connection.endheaders()
        connection.send(sent.body)
        if sent.announced is not None and connection.sock is not None:
            connection.sock.shutdown(1)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def while_good(receiving: Receiving, sent: list[Sent], outcome: Outcome) -> None:
    """Send the bad deliveries, then the good ones, then replays; note what is wrong.

    All refs were pushed by then and none was looked at: one bad delivery that is believed leads to pipelines.
    """
    for each in sent:
        for fault, (make, reasons) in FAULTS.items():
            if (bad := make(each)) is not None:
                status, answer = post(receiving.url, bad)
                outcome.answers[each.about, fault] = answer.get("refused", f"taken ({status})")
                if answer.get("refused") not in reasons:
                    outcome.wrong.append(f"{each.dialect}, {each.about}, {fault}: {status} {answer}")
    if receiving.look() or receiving.pipelines():
        outcome.wrong.append(f"{outcome.dialect}: a bad delivery led to a pipeline: {receiving.pipelines()}")
    for each in sent:
        status, answer = post(receiving.url, each)
        outcome.answers[each.about, "good"] = answer.get("outcome", f"refused ({status})")
        if status != 202:
            outcome.wrong.append(f"{each.dialect}, {each.about}: {status} {answer}")
    receiving.look()
    after = receiving.pipelines()
    outcome.pipelines = len(after)
    if {commit for commit, _, _ in after} != {each.commit for each in sent} - {""}:
        outcome.wrong.append(f"{outcome.dialect}: the good ones led to {after}")
    for each in sent:
        for fault, (make, statuses) in LATER.items():
            if (late := make(each)) is not None:
                status, answer = post(receiving.url, late)
                outcome.answers[each.about, fault] = answer.get("refused") or answer.get("outcome", "")
                if status not in statuses:
                    outcome.wrong.append(f"{each.dialect}, {each.about}, {fault}: {status} {answer}")
    receiving.look()
    if receiving.pipelines() != after:
        outcome.wrong.append(f"{outcome.dialect}: a replay led to a pipeline")


def compared(receiving: Receiving, sent: list[Sent], judged: list[Reading], outcome: Outcome) -> None:
    """Compare what we read with what Buildbot reads."""
    import time

    for each, reading in zip(sent, judged, strict=True):
        ours = read_delivery(each.headers.items(), each.body, receiving.hook, time.time())
        outcome.readings += 1
        if not isinstance(ours, Delivery) or _shown(ours.event, receiving.forge) != reading.comparable(each.dialect):
            outcome.wrong.append(f"{each.dialect}, {each.about}: we read {ours}, Buildbot reads {reading}")
        if not all(reading.proofs.values()) or not reading.proofs:
            outcome.wrong.append(f"{each.dialect}, {each.about}: the proof is not accepted: {reading.proofs}")


def _shown(event: Event, forge: Forge) -> dict[str, str | int | None]:
    """What of an event Buildbot also has."""
    if event.kind == "deleted":
        return {}
    number = event.number
    branch = "" if number is not None else event.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    return {
        "project": event.repository,
        "revision": forge.project.peeled(event.after),
        "branch": branch,
        "number": number,
    }


def table_of(dialect: str, folder: Path) -> Outcome:
    """Send everything in one dialect."""
    outcome = Outcome(dialect)
    with forge_of(dialect, folder / "forge") as forge, receiving(forge, folder) as ours:
        ours.look()  # an empty repository
        sent = list(good_deliveries(forge, prepare(forge)))
        while_good(ours, sent, outcome)
        compared(ours, sent, judge(sent), outcome)
    return outcome


def main() -> int:
    outcomes = []
    for dialect in DIALECTS:
        with tempfile.TemporaryDirectory() as folder:
            outcomes.append(table_of(dialect, Path(folder)))
    rows = {key: None for outcome in outcomes for key in outcome.answers}
    faults = list(dict.fromkeys(fault for _, fault in rows))
    print(f"{'fault':<20}" + "".join(f"{it.dialect:<34}" for it in outcomes))
    for fault in sorted(faults, key=lambda it: (it != "good", faults.index(it))):
        line = f"{fault:<20}"
        for outcome in outcomes:
            said = [answer for (_, key), answer in outcome.answers.items() if key == fault]
            words = ", ".join(sorted(set(said)))
            line += f"{f'{len(said)}: {words}' if said else '-':<34}"
        print(line.rstrip())
    count = sum(len(it.answers) for it in outcomes)
    good = sum(fault == "good" for it in outcomes for _, fault in it.answers)
    wrong = [line for it in outcomes for line in it.wrong]
    print(f"{count} deliveries: {good} good, {sum(it.pipelines for it in outcomes)} pipelines; "
          f"{count - good} bad or replayed, none led to one; {sum(it.readings for it in outcomes)} read as by Buildbot"
          if not wrong else "\n".join(wrong))  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
