"""One pipeline: lint, images, tests of steps, push, pin, the runs, the comparison, and on a tag the publication."""

from __future__ import annotations

from collections.abc import Sequence

from recast.catalogue import PublishedVersion
from recast.ci.pipeline.content import content_key, files_of_tests
from recast.ci.pipeline.images import pin_images, push_images, ready_images, settle_pins
from recast.ci.pipeline.judge import judged
from recast.ci.pipeline.order import PipelineOrder, Tools
from recast.ci.pipeline.outcome import Findings, Outcome, report_of, without_secrets
from recast.ci.pipeline.phases import Phases, Stopped
from recast.ci.pipeline.publish import number_of_tag, publish_version
from recast.ci.pipeline.record import Passed, PassedRecords
from recast.ci.pipeline.references import announced_changes, move_reference, reference_for, results_by_digest
from recast.ci.pipeline.runs import RUNS_NAME, gather_runs
from recast.ci.pipeline.subject import Subject, check_spec, drafted, ready_run, source_of, subject_of
from recast.ci.pipeline.trust import check_allowed, drop_secrets
from recast.ci.reference import Reference
from recast.ci.report import write
from recast.ci.steptests import How, StepTest, TestOutcome, load
from recast.ci.steptests import run as run_tests
from recast.counted import counted
from recast.errors import RecastError, StoreError
from recast.json_types import JsonDict

__all__ = ["run_pipeline"]

_GOOD = ("passed", "nothing-to-do")
_LOGS = "logs"
_BAD_TESTS = (("failed", "failed", "failed"), ("error", "blocked", "could not be run"))
"""Outcome of a test, the word that it gives the commit, and what is said: an error is not the commit's fault."""


def run_pipeline(order: PipelineOrder, tools: Tools) -> Outcome:
    """Judge a commit, and write what was found into the folder of the order; return it.

    What is wrong with the commit or the infrastructure is part of the outcome, never an exception. Raises Interrupted,
    PermissionDenied if the order asks for what a stranger's commit never gets, StoreError if nothing can be written.
    A pipeline that was killed goes on where it was: built images, ended runs and finished steps are found again.
    """
    check_allowed(order)
    if order.untrusted:
        drop_secrets()
    # Whoever reads the folder while this goes on must not take an earlier pipeline's verdict for this one's.
    for name in ("report.json", "comparison.json", RUNS_NAME):
        (order.out / name).unlink(missing_ok=True)
    outcome = _Pipeline(order, tools).outcome()
    write(outcome.report, outcome.comparison, order.out)
    return outcome


class _Pipeline:
    """The phases in order; each leaves what it found in `found`."""

    def __init__(self, order: PipelineOrder, tools: Tools) -> None:
        self._order, self._tools = order, tools
        self._phases, self._found = Phases(tools.say, str(order.folder)), Findings()
        self._records = PassedRecords(tools.places.state_dir)
        self._steptests: tuple[StepTest, ...] = ()
        self._key = ""

    def outcome(self) -> Outcome:
        """Go through the phases, and return what came of them."""
        try:
            word, sentence = self._judge()
        except Stopped as stop:
            word, sentence = stop.word, stop.sentence
            self._tell(stop.problem)
        self._phases.skip_rest()
        report = without_secrets(report_of(word, sentence, self._order, self._found, self._phases))
        comparison = without_secrets(self._found.comparison)
        if self._key and word in _GOOD and self._order.tag is None:
            self._remember(Passed(report, comparison))
        return Outcome(word, report, comparison)

    def _remember(self, passed: Passed) -> None:
        """Record what passed, if that is possible: a verdict does not depend on whether the next one will be faster."""
        try:
            self._records.note(self._key, passed)
        except StoreError as problem:
            self._tools.say(f"warning    {problem}: {problem.why}")

    def _judge(self) -> tuple[str, str]:
        subject, known = self._lint()
        if known is not None:
            return self._as_before(known)
        version = self._images(subject)
        self._tests(subject, version)
        self._push(version)
        self._pin(subject, version)
        self._run(subject, version)
        word, sentence = self._compare(subject, version)
        if word in _GOOD:
            self._publish(subject, version)
        if word == "passed" and self._found.reference is not None and self._found.is_idle and not self._found.published:
            return "nothing-to-do", "Nothing that counts for the verdict has changed"
        return word, sentence

    def _lint(self) -> tuple[Subject, Passed | None]:
        """Check the checkout; return it, and what passed before with the same content."""
        with self._phases.phase("lint") as phase:
            subject = subject_of(self._order.folder)
            found = self._found
            found.analysis, found.version = subject.analysis, subject.item.version
            found.reference = reference_for(self._order)
            if files := files_of_tests(subject):
                self._steptests = load(files, top=subject.root, entry=subject.entry.path)
            announced = announced_changes(self._order, found.reference)
            key = content_key(subject, found.reference, announced, self._steptests)
            known = self._records.find(key) if self._order.tag is None else None
            if known is not None and not self._moves_reference(found.reference, known):
                phase.detail = "nothing that counts has changed"
                return subject, known
            if check_spec(subject):
                self._plan(subject, drafted(subject, self._tools.places))
            phase.detail = f"{subject.analysis}@{subject.item.version}, {counted(len(subject.runs), 'validation run')}"
        self._key = key
        return subject, None

    def _moves_reference(self, reference: Reference | None, known: Passed) -> bool:
        """Return whether what passed before, such as a branch that is merged now, has to become the reference."""
        if not self._order.writes_reference:
            return False
        versions = {run.version for run in reference.runs.values()} if reference is not None else set()
        return self._order.update_reference or versions != {known.report.get("digest")}

    def _plan(self, subject: Subject, version: PublishedVersion) -> None:
        """Raise what would prevent a run of the version from being made."""
        self._found.digest = version.digest
        source = source_of(subject, version)
        for wanted in subject.runs:
            ready_run(source, wanted.inputs, self._order.options)

    def _as_before(self, known: Passed) -> tuple[str, str]:
        report = known.report
        self._found.digest, self._found.mode = report.get("digest"), str(report.get("mode", "none"))
        self._found.comparison = known.comparison
        commit = str(report.get("commit") or "an earlier state")[:12]
        self._phases.skip_rest(f"as for {commit}")
        return "nothing-to-do", f"Nothing that counts for the verdict has changed since {commit} passed"

    def _images(self, subject: Subject) -> PublishedVersion:
        with self._phases.phase("images") as phase:
            if self._found.digest is None:  # only building can tell which images are meant
                settle_pins(subject, self._order, self._tools)
                self._plan(subject, drafted(subject, self._tools.places))
            version, self._found.images = ready_images(subject, self._order, self._tools)
            built = sum(image.built for image in self._found.images)
            phase.detail = f"{counted(built, 'image')} built, {len(self._found.images) - built} unchanged"
            return version

    def _tests(self, subject: Subject, version: PublishedVersion) -> None:
        with self._phases.phase("tests") as phase:
            if not self._steptests:
                phase.skip("the repository has no tests of steps")
                return
            options = self._order.options
            outcomes = run_tests(
                self._steptests,
                self._tools.places,
                say=self._tools.say,
                out=self._order.out / _LOGS,
                how=How(options.max_parallel, options.runtime, untrusted=self._order.untrusted),
                pins={subject.folder: dict(version.pins)},
            )
            self._found.tests = [_in_report(outcome) for outcome in outcomes]
            phase.detail = _tests_in_words(self._found.tests)
            for outcome, word, said in _BAD_TESTS:
                bad = [str(row["name"]) for row in self._found.tests if row["outcome"] == outcome]
                if bad:
                    names = ", ".join(bad[:5])
                    raise Stopped(word, f"{len(bad)} of {counted(len(outcomes), 'test')} of steps {said}: {names}")

    def _push(self, version: PublishedVersion) -> None:
        with self._phases.phase("push") as phase:
            if self._order.push is None:
                phase.skip("no registry is named")
            elif not version.built:
                phase.skip("no image is built from a recipe")
            else:
                phase.detail = push_images(version, self._order.push, self._order.commit, self._tools)

    def _pin(self, subject: Subject, version: PublishedVersion) -> None:
        with self._phases.phase("pin") as phase:
            if self._order.tag is None or self._order.untrusted:
                phase.skip(f"{counted(len(version.pins), 'image')} by digest; the lock is written for a tag")
            elif not version.built:
                phase.skip("every image is pinned in the entry's own lock")
            else:
                phase.detail = pin_images(subject, version, self._tools)

    def _run(self, subject: Subject, version: PublishedVersion) -> None:
        with self._phases.phase("run") as phase:
            for gathered in gather_runs(subject, version, self._order, self._tools):
                self._found.runs.append(gathered)
            cached = sum(run.cached for run in self._found.runs)
            phase.detail = f"{counted(self._found.jobs, 'job')} ran, {counted(cached, 'step')} known"

    def _compare(self, subject: Subject, version: PublishedVersion) -> tuple[str, str]:
        with self._phases.phase("compare") as phase:
            found = self._found
            bring = results_by_digest(self._order, found.reference, self._tools)
            announced = announced_changes(self._order, found.reference)
            verdict = judged(subject.config, version, found.runs, found.reference, announced, bring)
            found.mode, found.comparison = verdict.mode, verdict.comparison
            phase.detail = verdict.sentence
            moved = move_reference(self._order, found, verdict.word, self._tools)
            if moved is not None:
                self._tools.say(f"reference  {moved} now says what this commit gives")
            if verdict.word not in _GOOD:
                phase.word = verdict.word  # nothing has failed where more events are needed
            return verdict.word, verdict.sentence

    def _publish(self, subject: Subject, version: PublishedVersion) -> None:
        with self._phases.phase("publish") as phase:
            number = number_of_tag(self._order.tag, subject)
            if self._order.untrusted or number is None:
                phase.skip("only a tag that names a version publishes")
                return
            done = publish_version(subject, version, number, self._order, self._tools)
            self._found.published = done
            phase.detail = f"{done['reference']} {done['digest']}" + (f" at {done['at']}" if "at" in done else "")

    def _tell(self, problem: RecastError | None) -> None:
        """Say why a phase ended the pipeline, and what to type next."""
        if problem is None:
            return
        for label, text in (("where", problem.where), ("why", problem.why), ("next", problem.next_step)):
            if text:
                self._tools.say(f"{label:<10} {text}")


def _in_report(outcome: TestOutcome) -> JsonDict:
    """Return the row of a test, whose log is named as seen from the folder of the report."""
    row = outcome.as_json()
    return {**row, "log": f"{_LOGS}/{row['log']}"} if row["log"] else row


def _tests_in_words(rows: Sequence[JsonDict]) -> str:
    outcomes = [str(row["outcome"]) for row in rows]
    counts = ((word, outcomes.count(word)) for word in ("passed", "failed", "error", "cached"))
    return f"{counted(len(rows), 'test')}: " + ", ".join(f"{count} {word}" for word, count in counts if count)
