"""Couplings of a Z' to fermions, in the convention of Pythia 8: (e / 4 sin cos) f (v - a gamma5) gamma Z'.

Sequential Standard Model: those of the Z. The models psi and chi of E6: charges of L and R with g' = sqrt(5/3) g_Y, so
that v = 2 sqrt(5/3) sin (Q_L + Q_R) and a = 2 sqrt(5/3) sin (Q_L - Q_R) (P. Langacker, arXiv:0801.1345, section 2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

__all__ = ["MODELS", "NAMES", "couplings_of", "width_share"]

NAMES = ("vd", "ad", "vu", "au", "ve", "ae", "vnue", "anue")
SIN2_THETA = 0.23122
ALPHA = 1.0 / 127.0
WIDEST = 0.1  # of the mass; above, there is no peak of the kind that the search was made for


def _standard() -> dict[str, float]:
    charges = {"d": (-1.0 / 3.0, -1.0), "u": (2.0 / 3.0, 1.0), "e": (-1.0, -1.0), "nue": (0.0, 1.0)}
    found = {}
    for fermion, (charge, axial) in charges.items():
        found[f"v{fermion}"] = axial - 4.0 * charge * SIN2_THETA
        found[f"a{fermion}"] = axial
    return found


def _of_e6(charges: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Return v and a for (Q_L, Q_R) of each fermion."""
    unit = 2.0 * math.sqrt(5.0 / 3.0 * SIN2_THETA)
    found = {}
    for fermion, (left, right) in charges.items():
        found[f"v{fermion}"] = unit * (left + right)
        found[f"a{fermion}"] = unit * (left - right)
    return found


_PSI = 1.0 / math.sqrt(24.0)
_CHI = 1.0 / (2.0 * math.sqrt(10.0))

MODELS = {
    "SSM": _standard(),
    "psi": _of_e6({"d": (_PSI, -_PSI), "u": (_PSI, -_PSI), "e": (_PSI, -_PSI), "nue": (_PSI, 0.0)}),
    "chi": _of_e6({"d": (-_CHI, -3 * _CHI), "u": (-_CHI, _CHI), "e": (3 * _CHI, _CHI), "nue": (3 * _CHI, 0.0)}),
}


def couplings_of(model: str, given: list[float]) -> dict[str, float]:
    """Return the couplings of a model by name, or of `custom` those given, in the order of NAMES; raise ValueError."""
    if model != "custom":
        if given:
            raise ValueError(f"couplings were given, and the model is {model!r}: it must be 'custom' then")
        return MODELS[model]
    if len(given) != len(NAMES):
        raise ValueError(f"the model 'custom' needs {len(NAMES)} couplings: {', '.join(NAMES)}; given are {len(given)}")
    if not all(math.isfinite(value) for value in given) or not any(given[:4]) or not any(given[4:6]):
        raise ValueError("a Z' that couples to no quark or to no charged lepton makes no signal here")
    found = dict(zip(NAMES, given))
    if (share := width_share(found)) > WIDEST:
        raise ValueError(
            f"with these couplings the width of the Z' is {share:.2g} of its mass; this search is for resonances with at "
            f"most {WIDEST:g} (the Z has couplings of about 1, which make 0.03)"
        )
    return found


def width_share(couplings: Mapping[str, float]) -> float:
    """Return the width of a Z' as a part of its mass, at leading order, far above the masses of what it decays to.

    Three generations of each fermion, quarks in three colours: alpha / (48 sin2 cos2) (v^2 + a^2) each.
    """
    colours = {"d": 3.0, "u": 3.0, "e": 1.0, "nue": 1.0}
    total = sum(3.0 * count * (couplings[f"v{one}"] ** 2 + couplings[f"a{one}"] ** 2) for one, count in colours.items())
    return ALPHA / (48.0 * SIN2_THETA * (1.0 - SIN2_THETA)) * total
