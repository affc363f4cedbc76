"""Decays that violate colour conservation.

A generator drops the events of such a channel, which changes the mixture of the rest. The bundle that generates events
from spectra has the same functions (docs/adr/0050); a test compares the answers.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["colourless"]

_FIRST_HADRON, _FIRST_SUSY = 100, 1_000_000
_OCTETS = (21, 1000021)


def colourless(pdg: int, daughters: Sequence[int]) -> str:
    """Return why a decay cannot conserve colour, or an empty string; empty for unknown particles, too."""
    if odd := [one for one in daughters if _FIRST_HADRON < abs(one) < _FIRST_SUSY and not _is_hadron(one)]:
        return f"{odd[0]} is no hadron"
    if not daughters or not all(_is_familiar(one) for one in (pdg, *daughters)):
        return ""
    coloured = any(_triality(one) or abs(one) in _OCTETS for one in daughters)
    if (sum(map(_triality, daughters)) - _triality(pdg)) % 3 or (abs(pdg) in _OCTETS and not coloured):
        return "colour is not conserved"
    return ""


def _is_hadron(pdg: int) -> bool:
    """Return whether a PDG number is that of a hadron, judging by its quark digits."""
    first, second, third = (abs(pdg) // place % 10 for place in (1000, 100, 10))
    return abs(pdg) in (130, 310) or (first < 7 and 0 < second < 7 and 0 < third < 7)


def _is_familiar(pdg: int) -> bool:
    """Return whether a particle is in the Standard Model or supersymmetric, so that its number gives its colour."""
    return abs(pdg) // _FIRST_SUSY in (0, 1, 2)


def _triality(pdg: int) -> int:
    partner, kind = divmod(abs(pdg), 1_000_000)
    return (1 if pdg > 0 else -1) if partner < 3 and kind in range(1, 7) else 0
