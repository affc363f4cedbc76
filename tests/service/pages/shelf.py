"""Analyses for pages: in every state, with everything that a record can have, with nothing of it, and hostile."""

from __future__ import annotations

import random
from typing import Any

from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord
from tests.service.running import Running

__all__ = ["CARD", "FULL", "HOSTILE", "SCRIPT", "prose", "put", "record"]

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}{% raw %}</main></title>\u202etxt.exe\u200b"

CARD = {
    "policy": "at-once",
    "quota_core_hours": 10,
    "contacts": [{"name": "Jane Doe", "email": "jane@example.org", "user": "u1"}],
    "final_states": ["1-lepton", "met"],
    "models": ["wino"],
    "tools": ["pyhf"],
    "note": "Own branching ratios are welcome.",
}
FULL: dict[str, Any] = {
    "title": r"Search for $\tilde{\chi}_1^\pm\tilde{\chi}_2^0$ with one lepton",
    "collaboration": "ATLAS",
    "abstract": r"Charginos decay in $139\,\mathrm{fb}^{-1}$ of data at $\sqrt{s}=13$ TeV.",
    "references": {
        "arxiv": "1909.09226",
        "doi": "10.1140/epjc/s10052-020-8050-3",
        "inspire": 1755298,
        "hepdata": "ins1755298",
        "hepdata_doi": "10.17182/hepdata.90607",
    },
    "sqrts_tev": 13,
    "luminosity_inv_fb": 139,
    "final_states": ["1 lepton", "2 b-jets"],
    "models": ["wino pair"],
    "authority": "community",
    "changes": "First version.",
    "validity": ["m from 150 to 1000 GeV", r"$\mu$ is one"],
    "cost": "15 s on two cores",
}
INPUTS = {
    "type": "object",
    "required": ["mass"],
    "properties": {
        "mass": {
            "type": "number",
            "minimum": 100,
            "maximum": 3000,
            "x-recast": {"unit": "GeV"},
            "description": "The mass.",
        },
        "toys": {"type": "integer", "default": 0, "examples": [300], "description": "How many toys."},
    },
}
RESULTS = ({"name": "limit", "type": "limit", "title": "Exclusion"}, {"name": "bins", "type": "plot", "title": ""})
IMAGES = (
    {"image": "recast/pyhf-fit:1", "digest": f"sha256:{'a' * 64}", "built": True},
    {"image": "recast/select:2", "digest": "", "built": True},
)
EXAMPLES = {
    "demo": {"description": "Seven points.", "inputs": {"mass": 200}},
    "it's": {"description": "", "inputs": {}},
}

HOSTILE: dict[str, Any] = {
    "title": SCRIPT,
    "collaboration": SCRIPT,
    "abstract": f"{SCRIPT} $\\text{{{SCRIPT}}}$",
    "references": dict.fromkeys(
        ("arxiv", "doi", "inspire", "hepdata", "hepdata_doi"), f"javascript:alert(1)//{SCRIPT}"
    ),
    "sqrts_tev": SCRIPT,
    "luminosity_inv_fb": SCRIPT,
    "final_states": [SCRIPT],
    "models": [SCRIPT],
    "authority": SCRIPT,
    "changes": SCRIPT,
    "validity": [SCRIPT],
    "cost": SCRIPT,
}


def record(analysis: str, version: str = "1.0.0", status: str = "published", **given: Any) -> VersionRecord:
    """Return a version with everything that a record has."""
    parts: dict[str, Any] = {
        "metadata": FULL,
        "validation": {"who": "by anna", "when": "2026-01-31T12:00:00Z", "passed": 5, "documented": 1, "failed": 0},
        "inputs": INPUTS,
        "examples": EXAMPLES,
        "results": RESULTS,
        "images": IMAGES,
        "signature": {"state": "verified", "signer": "anna@example.org", "key": "SHA256:x"},
        "reason": "" if status == "published" else "A region was misread.",
    }
    parts |= given
    return VersionRecord(analysis, version, f"sha256:{'1' * 64}", status, parts.pop("reason"), **parts)


def put(service: Running, *versions: VersionRecord, card: Any = CARD) -> str:
    """Put an analysis into the index of a service; return its name."""
    service.parts.ledger.catalogue.put([AnalysisRecord(versions, card, "1")])
    return versions[0].analysis


_WORDS = random.Random(19)
_ENDINGS = "nal kground on let gion der pected wer tion ly ing ed er est ity ment less ful ous ive"


def prose(length: int) -> str:
    """Return words that compress about as badly as those of people."""
    begins, ends = ("sig", "bac", "mu", "jet", "re", "un", "ex", "lo"), _ENDINGS.split()
    return " ".join(_WORDS.choice(begins) + _WORDS.choice(ends) for _ in range(length // 6))[:length]
