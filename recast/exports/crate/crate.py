"""A run as a Workflow Run RO-Crate (Provenance Run Crate 0.5): facts in, JSON-LD out; pure.

Profile: https://www.researchobject.org/workflow-run-crate/profiles/provenance_run_crate. A run without any action
cannot be a Provenance Run Crate, which requires at least one action of a step; it is a Workflow Run Crate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from recast.counted import counted
from recast.exports.crate.actions import CrateActions
from recast.exports.crate.entities import (
    CONTEXT,
    PROFILES,
    Entity,
    anchor,
    entity,
    file_entity,
    profile_entities,
    refs,
    value_entity,
)
from recast.exports.crate.facts import RunFacts
from recast.json_types import JsonDict
from recast.masked import MASK
from recast.prepare.origin import override_lines
from recast.prepare.passwords import is_password

__all__ = ["crate"]

DESCRIPTOR = "ro-crate-metadata.json"
_UNSTATED = "#license-not-stated"
_PROJECT = "https://arxiv.org/abs/1010.2506"


def crate(facts: RunFacts, *, hosts: bool = True) -> JsonDict:
    """Return the metadata document of a run's crate; without `hosts` it names no machines."""
    return {"@context": CONTEXT, "@graph": list(_Crate(facts, hosts).entities())}


class _Crate:
    """Builds one crate."""

    def __init__(self, facts: RunFacts, hosts: bool) -> None:
        self.facts, self.request = facts, facts.request
        self.placed = {file.digest: quote(file.path) for file in reversed(facts.files)}
        self.workflow = quote(f"spec/{self.request.workflow}")
        self.agent = self.request.agent.get("orcid") or "#agent"
        self.engine = f"pkg:pypi/recast-framework@{self._version}"
        self.hosts = hosts
        self.doings = CrateActions(facts, self.placed, self.agent, hosts=hosts)
        self.rich = bool(facts.steps)
        self.profiles = PROFILES if self.rich else PROFILES[:-1]

    @property
    def _version(self) -> str:
        return self.request.software.partition(" ")[2] or "0"

    def entities(self) -> Iterator[Entity]:
        """Yield all entities, descriptor and root first."""
        yield entity(
            DESCRIPTOR,
            "CreativeWork",
            about={"@id": "./"},
            conformsTo=refs(["https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]),
        )
        yield self._root()
        yield from profile_entities(self.profiles)
        yield from self._cited()
        yield from self._people()
        yield self._license()
        yield self._main_workflow()
        yield from self._languages()
        yield from self._files()
        yield from self._parameters()
        yield self._run()
        yield from self.doings.entities()
        if self.rich:
            yield self._orchestration()

    def _root(self) -> Entity:
        facts, request = self.facts, self.request
        warned = "".join(f"WARNING: {warning}. " for warning in facts.warnings)
        told = f"What the run was asked, what it did step by step, and what it yielded. It {facts.state}."
        return entity(
            "./",
            "Dataset",
            name=f"Run {request.run} of {request.title}",
            description=warned + told,
            citation=refs(anchor("cite", one["role"]) for one in facts.cite),
            datePublished=facts.ended,
            license={"@id": self._license_id},
            author={"@id": self.agent},
            publisher=refs([self._affiliation] if self._affiliation else []),
            conformsTo=refs(self.profiles),
            mainEntity={"@id": self.workflow},
            hasPart=refs([self.workflow, *(quote(file.path) for file in facts.files)]),
            mentions=refs([anchor("run"), *self.doings.actions]),
        )

    def _cited(self) -> Iterator[Entity]:
        """Yield what to cite, the paper first."""
        kinds = {"paper": "ScholarlyArticle", "data": "Dataset", "version": "CreativeWork", "software": "CreativeWork"}
        for one in self.facts.cite:
            doi = f"https://doi.org/{one['doi']}" if one.get("doi") else None
            arxiv = f"https://arxiv.org/abs/{one['arxiv']}" if one.get("arxiv") else one.get("url")
            yield entity(
                anchor("cite", one["role"]),
                kinds[one["role"]],
                name=one["title"],
                identifier=doi or arxiv,
                url=arxiv or doi,
                version=one.get("version"),
                description=", ".join(filter(None, (one["author"], one.get("note")))),
            )

    def _people(self) -> Iterator[Entity]:
        agent = self.request.agent
        silent = "Whoever ran this did not say who it was: RECAST_USER_NAME was not set."
        home = self._affiliation
        yield entity(
            self.agent,
            "Person",
            name=agent.get("name") or "Not stated",
            description="" if agent.get("name") else silent,
            affiliation={"@id": home} if home else None,
        )
        if home:
            url = agent.get("affiliation_url")
            yield entity(home, "Organization", name=agent["affiliation"], url=url)

    @property
    def _affiliation(self) -> str:
        agent = self.request.agent
        return (agent.get("affiliation_url") or "#affiliation") if agent.get("affiliation") else ""

    @property
    def _license_id(self) -> str:
        given = self.facts.license
        if not given:
            return _UNSTATED
        return given if given.startswith(("http://", "https://")) else f"https://spdx.org/licenses/{quote(given)}"

    def _license(self) -> Entity:
        if self.facts.license:
            return entity(self._license_id, "CreativeWork", name=self.facts.license)
        why = "Whoever exported this run stated none. Ask the authors before you reuse it."
        return entity(_UNSTATED, "CreativeWork", name="No licence is stated", description=why)

    def _main_workflow(self) -> Entity:
        facts, request = self.facts, self.request
        found = next(file for file in facts.files if quote(file.path) == self.workflow)
        title = request.title if request.analysis else request.workflow
        made = file_entity(
            found.path,
            found.digest,
            found.size,
            f"The workflow of {title}, in yadage's language",
            programmingLanguage={"@id": "#yadage"},
            version=request.version or request.digest or found.digest,
            url=found.path if not request.digest else "",
            identifier=request.digest,
            conformsTo={"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
            input=refs(anchor("input", name) for name in request.given),
            output=refs(anchor("output", output.name) for output in facts.outputs),
            hasPart=refs(self.doings.tools),
            step=refs(self.doings.how_to) if self.rich else None,
        )
        made["@type"] = ["File", "SoftwareSourceCode", "ComputationalWorkflow", *(["HowTo"] if self.rich else [])]
        made["name"] = title
        made.setdefault("url", f"urn:oci:{request.digest}")
        return made

    def _languages(self) -> Iterator[Entity]:
        url = "https://github.com/yadage/yadage"
        yield entity("#yadage", "ComputerLanguage", name="yadage", url={"@id": url}, identifier={"@id": url})
        yield entity(
            self.engine,
            "SoftwareApplication",
            name=self.request.software or "recast",
            url=_PROJECT,
            softwareVersion=self._version,
        )

    def _files(self) -> Iterator[Entity]:
        roles = self._roles()
        for file in self.facts.files:
            if quote(file.path) != self.workflow:
                about = {"@id": "./"} if file.path == "README.md" else None
                works = refs(roles.get(quote(file.path), ()))
                yield file_entity(file.path, file.digest, file.size, file.about, about=about, exampleOfWork=works)

    def _roles(self) -> dict[str, list[str]]:
        """Return for each file the workflow parameters that it is a value of."""
        roles: dict[str, list[str]] = {}
        for name, path in self._input_files().items():
            roles.setdefault(path, []).append(anchor("input", name))
        for output in self.facts.outputs:
            for digest in output.digests:
                roles.setdefault(self.placed[digest], []).append(anchor("output", output.name))
        return roles

    def _input_files(self) -> dict[str, str]:
        """Return for each input the file of the crate that its value names."""
        known = {f"/recast/run/init/{item['path']}": self.placed[item["digest"]] for item in self.request.init_files}
        named = {name: known.get(value) for name, value in self.request.inputs.items() if isinstance(value, str)}
        return {name: path for name, path in named.items() if path and name in self.request.given}

    def _parameters(self) -> Iterator[Entity]:
        files = self._input_files()
        for name, value in self.request.given.items():
            example = files.get(name) or anchor("value", name)
            kind = "File" if name in files else _schema_type(value)
            yield _parameter(anchor("input", name), name, kind, [example])
            if name not in files:
                told = MASK if is_password(name, value) else value
                yield value_entity(example, name, told, exampleOfWork={"@id": anchor("input", name)})
        for output in self.facts.outputs:
            examples = [self.placed[digest] for digest in output.digests]
            yield _parameter(anchor("output", output.name), output.name, "File", examples, output.title)

    def _run(self) -> Entity:
        facts, request = self.facts, self.request
        files = self._input_files()
        inputs = [files.get(name) or anchor("value", name) for name in request.given]
        results = [quote(file.path) for file in facts.files if file.path.startswith(("results/", "outputs/"))]
        begun = counted(len(facts.steps), "step")
        return entity(
            anchor("run"),
            "CreateAction",
            name=f"Run {request.run}",
            description=f"One execution of {request.title}: {begun} begun. {self._told()}".strip(),
            instrument={"@id": self.workflow},
            agent={"@id": self.agent},
            startTime=facts.started,
            endTime=facts.ended,
            object=refs([*inputs, "inputs.json", *(self.placed[item["digest"]] for item in request.init_files)]),
            result=refs(results or ["README.md"]),
            **self._status(),
        )

    def _told(self) -> str:
        """Return how the run ended, and the user's overrides of the spec; paths on machines only with `hosts`."""
        lines = override_lines(self.request.overrides)
        said = [line for line in lines if self.hosts or ": bind " not in line]
        return ". ".join(text for text in (self.facts.reason, *said) if text)

    def _orchestration(self) -> Entity:
        return entity(
            "#orchestration",
            "OrganizeAction",
            name=f"Orchestration by {self.request.software or 'recast'}",
            instrument={"@id": self.engine},
            agent={"@id": self.agent},
            startTime=self.facts.started,
            endTime=self.facts.ended,
            object=refs(self.doings.controls),
            result={"@id": anchor("run")},
            **self._status(),
        )

    def _status(self) -> dict[str, str]:
        done = self.facts.state == "succeeded"
        status = f"http://schema.org/{'Completed' if done else 'Failed'}ActionStatus"
        return {"actionStatus": status, "error": "" if done else self.facts.reason or self.facts.state}


def _parameter(identifier: str, name: str, kind: str, examples: list[str], about: str = "") -> Entity:
    return entity(
        identifier,
        "FormalParameter",
        name=name,
        description=about,
        additionalType=kind,
        conformsTo={"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"},
        workExample=refs(examples),
    )


def _schema_type(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer"
    if isinstance(value, float):
        return "Float"
    return "Text" if isinstance(value, str) else "PropertyValue"
