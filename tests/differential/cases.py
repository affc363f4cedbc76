"""Every runnable workflow of the corpus, with inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CASES", "NOT_RUNNABLE", "TEXTS", "Case", "Refused"]

TEXTS = {"b.txt": "beta\n", "a.txt": "alpha\n", "c.txt": "gamma\n"}


@dataclass(frozen=True)
class Case:
    """A workflow below the corpus, with inputs.

    `files` go into its init directory, `subinits` into those of sub-workflows. The words ZIP and YAML in inputs
    become the address of an archive of three texts, and of a list of files. With `stand_in`, the programs are not
    on this host; with `container`, ours runs in a real one.
    """

    toplevel: str
    workflow: str
    inputs: Mapping[str, Any]
    nodes: int
    files: Mapping[str, str] = field(default_factory=dict)
    subinits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stand_in: bool = False
    container: bool = False
    variant: str = ""

    @property
    def id(self) -> str:
        """The case's name: folder, file and variant."""
        return "-".join(filter(None, [self.toplevel.replace("/", "."), self.workflow, self.variant]))


def of_yadage(folder: str, workflow: str, inputs: Mapping[str, Any], nodes: int, **more: Any) -> Case:
    return Case(f"yadage+yadage/tests/testspecs/{folder}", workflow, inputs, nodes, **more)


def elsewhere(toplevel: str, workflow: str, inputs: Mapping[str, Any], nodes: int, **more: Any) -> Case:
    return Case(toplevel, workflow, inputs, nodes, stand_in=True, **more)


CARDS = dict.fromkeys(("ufo", "parcard", "proccard", "runcard"), "a.txt")
CODE = {"code/gendata.C": "", "code/fitdata.C": ""}
MINERVA = dict.fromkeys(("do_truth", "do_systematics", "signal_def", "w_exp", "npi", "pim", "pi0"), 1)
MINERVA |= {"data": ["d1", "d2"], "mc": ["m1", "m2"], "mc_size": 2}
FOUND = {"histograms": "h.root", "data_runs": ["a"], "mc_runs": ["b"]}
RECAST_ATLAS = "reanahub+reana-demo-atlas-recast"
POPULATION = {"notebook": "n.ipynb", "region": "Africa", "year_min": 1500, "year_max": 2012, "input_file": "data.csv"}
PSEUDOCAP = {"dataset": "user.x", "efficiency_file": "eff.txt", "xsections_file": "x.txt", "modelName": "m"}
DIMUON = {name: f"{name}.C" for name in ("optimise", "modelfixing", "massfit")}
BASE = "yadage+yadage/examples/testflows"
AWESOME = "awesome-workshop+reproducible-analyses/fig/awesome-analysis-yadage"
SAMPLES = {"files": ["root://x//a.root", "root://x//b.root"], "cross_sections": [19.6, 1.55]}

CASES = [
    of_yadage("local-helloworld", "workflow.yml", {"par": "value"}, 2),
    of_yadage("mapreduce", "workflow.yml", {"input": [1, 2, 3]}, 5),
    of_yadage("mapreduce_batched", "workflow.yml", {"input": [1, 2, 3, 4, 5]}, 5),
    of_yadage("mapreduce_batched_multilevel", "workflow.yml", {"input": list(range(20))}, 42),
    of_yadage("mapreduce_parmount", "workflow.yml", {"input": [1, 2, 3]}, 8, container=True),
    of_yadage("cartesian_mapreduce", "workflow.yml", {"factor_one": [1, 2, 3], "factor_two": [1, 2]}, 8),
    *(
        of_yadage("casesflow/single", "workflow.yml", {"par": par}, nodes, variant=str(par))
        for par, nodes in ((0, 2), (1, 2), (-1, 1))
    ),
    of_yadage("casesflow/single", "subflow.yml", {"parone": "x"}, 2),
    of_yadage("dynamic_glob", "workflow_frominit.yml", {"inputfiles": "*.txt"}, 5, files=TEXTS),
    of_yadage("dynamic_glob", "workflow.yml", {"sourcefile": "ZIP"}, 6),
    of_yadage("dynamic_glob", "subflow.yml", {"inputfile": "a.txt", "outputfile": "out.txt"}, 2, files=TEXTS),
    of_yadage("dynamic_mapreduce_fromfile", "workflow.yml", {"url": "YAML"}, 6),
    of_yadage("jqwflow", "workflow.yml", {"parone": [1, 2, 3]}, 11),
    of_yadage("nested", "workflow.yml", {"input": [1, 2, 3]}, 6),
    of_yadage("nested", "subflow.yml", {"inputpar": 1}, 4),
    of_yadage("nested", "subsubflow.yml", {"inputpar": 1}, 2),
    of_yadage("nestedmapreduce", "workflow.yml", {"input": [1, 2, 3]}, 8),
    of_yadage("nestedmapreduce", "subflow.yml", {"inputpar": 7}, 2),
    of_yadage("registering_values", "workflow.yml", {"msg": "Hello World"}, 3),
    of_yadage(
        "analysis_scaffold/workflow",
        "workflow.yml",
        {"unused": 1},
        9,
        subinits={name: {"initfile.txt": name} for name in ("signal", "data", "backgrounds")},
    ),
    of_yadage("analysis_scaffold/workflow", "subflowA.yml", {"initfile": "a.txt", "input": 1}, 2, files=TEXTS),
    of_yadage("analysis_scaffold/workflow", "subflowB.yml", {"signal": 1, "data": 2, "background": 3}, 2),
    of_yadage(
        "recast_scaffold/workflow",
        "workflow.yml",
        {"unused": 1},
        7,
        subinits={
            "upstream": {name: name for name in ("UFO", "param.dat", "proc.dat", "run.dat")},
            "downstream/archived": {"data.root": "data", "backgrounds.root": "backgrounds"},
        },
    ),
    of_yadage(
        "recast_scaffold/workflow",
        "downstream.yml",
        {"signal": "a.txt", "xsec": "b.txt"},
        4,
        files=TEXTS,
        subinits={"archived": {"data.root": "data", "backgrounds.root": "backgrounds"}},
    ),
    of_yadage("recast_scaffold/workflow", "upstream.yml", {**CARDS, "nevents": 5}, 2, files=TEXTS),
    Case("yadage+yadage-schemas/tests/testspecs/local-helloworld", "workflow.yml", {"par": "value"}, 2),
    Case("yadage+yadage-schemas/tests/testspecs/local-helloworld-jsonref", "workflow.yml", {"par": "value"}, 2),
    Case("yadage+yadage-schemas/tests/testspecs/mapreduce", "workflow.yml", {"input": [1, 2, 3]}, 3),
    Case("recast-hep+recast-atlas/src/recastatlas/data/templates/helloworld/specs", "workflow.yml", {"name": "x"}, 2),
    elsewhere(f"{BASE}/test1", "flow.yml", {"indata": "theinput", "inarray": [1, 2]}, 4),
    elsewhere(f"{BASE}/test1", "subflow.yml", {"inputfile": "x"}, 2),
    elsewhere(f"{BASE}/mcprodflowsub", "subchain.yml", {"gridpack": "g.tar", "nevents": 10, "seed": 1}, 5),
    elsewhere(f"{BASE}/pseudocap", "ewk_analyses/ewkdilepton_analysis/ewk_dilepton_recast_workflow.yml", PSEUDOCAP, 6),
    elsewhere(f"{AWESOME}-parallel", "workflow.yaml", {**SAMPLES, "short_hands": [["ggH"], ["ZLL", "ZTT"]]}, 8),
    elsewhere(f"{AWESOME}-simple", "workflow.yaml", {"input_dir": "root://x//y"}, 5),
    elsewhere("ptemplem+MINERvA-workflow", "workflow/workflow.yml", MINERVA, 16),
    elsewhere("ptemplem+MINERvA-workflow", "workflow/plot.yml", {**MINERVA, **FOUND}, 2),
    elsewhere("ptemplem+MINERvA-workflow", "workflow/test.yml", {**MINERVA, **FOUND}, 2),
    elsewhere("ptemplem+MINERvA-workflow/workflow", "run_plist.yml", {**MINERVA, "plist": "p"}, 6),
    *(
        elsewhere(RECAST_ATLAS, f"workflow/{name}.yml", {"did": 1, "xsec_in_pb": 0.5, "dxaod_file": "f"}, 3)
        for name in ("workflow", "workflow-htcondorcern")
    ),
    elsewhere(
        "reanahub+reana-demo-d2pimumu-analysis/workflow/yadage", "workflow.yaml", {**DIMUON, "data": "D.root"}, 4
    ),
    *(
        elsewhere(f"reanahub+reana-demo-{demo}/workflow/yadage", f"workflow{backend}.yaml", inputs, nodes, files=files)
        for backend in ("", "-htcondorcern", "-slurmcern")
        for demo, inputs, nodes, files in (
            ("helloworld", {"sleeptime": 0, "inputfile": "a.txt", "helloworld": "h.py"}, 2, TEXTS),
            ("root6-roofit", {"events": 100, "gendata": "code/gendata.C", "fitdata": "code/fitdata.C"}, 3, CODE),
            ("worldpopulation", POPULATION, 2, {}),
        )
    ),
]


@dataclass(frozen=True)
class Refused:
    """A workflow that yadage cannot run, or passes over in silence, and the code of the error that we give."""

    toplevel: str
    workflow: str
    code: str
    yadage: str
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The case's name: folder and file."""
        return f"{self.toplevel.replace('/', '.')}-{self.workflow}"


YADAGE_TESTS = "yadage+yadage/tests/testspecs"
INVALID = ("map-from-ctx", "map-from-dep", "reduce-from-dep", "single-from-ctx", "zip-from-dep")

NOT_RUNNABLE = [
    Refused(f"{YADAGE_TESTS}/casesflow/multi", "workflow.yml", "spec.body", "RuntimeError: do not know what kind"),
    Refused(f"{YADAGE_TESTS}/casesflow/single", "workflow.yml", "spec.workdir-in-scope", "KeyError", {"par": 5}),
    Refused(f"{YADAGE_TESTS}/dynamic_glob", "with_subworkflow.yml", "spec.workdir", "KeyError", {"sourcefile": "x"}),
    Refused(f"{YADAGE_TESTS}/dynamic_mapreduce_fromfile", "workflow.yml", "inputs.invalid", "no step, exit code 0"),
    Refused(f"{BASE}/mcprodflowsub", "rootflow.yml", "spec.unknown-stage", "the last stage never runs, exit code 0"),
    Refused("ptemplem+MINERvA-workflow/workflow", "closure.yml", "spec.ref-missing", "JsonRefError"),
    *(
        Refused("yadage+yadage/tests/scheduler_tests/scheduler-examples", f"{name}-workflow.yml", "", "invalid")
        for name in INVALID
    ),
]
