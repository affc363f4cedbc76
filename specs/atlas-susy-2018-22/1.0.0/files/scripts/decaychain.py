"""What comes of particles that are made: every decay down the chain, whether it is prompt, open and whole.

What a chain leads to in less than one of a hundred decays is noted and not refused. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slha import NOISE, Decay, Refused, Spectrum

__all__ = ["NEUTRALINO", "STABLE", "check_chain", "colourless", "is_known", "is_new", "reached"]

NEUTRALINO = 1000022
STABLE = Decay(0.0, ())
RATIO_TOLERANCE = 0.01
MATTERS = 0.01  # of the decays of what is made
HBAR_C_GEV_M = 1.973269804e-16
PROMPT_M = 1e-3
LONGEST_CHAIN = 40
STANDARD = (*range(1, 7), *range(11, 17), *range(21, 26))
HADRONS = (100, 1_000_000)
# Numbers that Pythia 8 knows beyond the Standard Model and its hadrons, and can therefore decay if a table says how.
KNOWN = frozenset(
    (7, 8, 17, 18, *range(32, 38), 39, 41, 42, 45, 46, *range(51, 61))
    + (*range(1000001, 1000007), *range(1000011, 1000017), *range(1000021, 1000026), 1000035, 1000037, 1000039, 1000045)
    + (*range(2000001, 2000007), *range(2000011, 2000017))
    + (*range(4000001, 4000007), *range(4000011, 4000017), 5000039, 9900012, 9900014, 9900016, 9900023, 9900024)
    + (9900041, 9900042)
)
OCTETS = (21, 1000021)
CHARGED = (24, 34, 37, 1000024, 1000037)
NEUTRAL = (21, 22, 23, 25, 35, 36, 45, 46, *range(1000021, 1000024), 1000025, 1000035, 1000039, 1000045)
# What a decay needs at least, in Pythia, which makes a particle stable that has nothing else: a W or Z may be off its
# shell, a Higgs boson or a top quark hardly.
LEAST_GEV = {4: 1.5, 5: 4.8, 6: 160.0, 23: 10.0, 24: 10.0, 25: 120.0}


def is_new(pdg: int) -> bool:
    """Return whether a particle is neither of the Standard Model nor one of its hadrons."""
    code = abs(pdg)
    return code not in STANDARD and not HADRONS[0] < code < HADRONS[1]


def is_known(pdg: int, spectrum: Spectrum) -> bool:
    """Return whether the generator knows a particle, or the file defines it (BLOCK QNUMBERS)."""
    return not is_new(pdg) or abs(pdg) in KNOWN or abs(pdg) in spectrum.defined


def reached(start: int, spectrum: Spectrum) -> dict[int, float]:
    """Return how many of each new particle one particle decays to on average, itself counted; raise Refused."""
    below: dict[int, dict[int, float]] = {}

    def visit(pdg: int, path: tuple[int, ...]) -> dict[int, float]:
        if pdg in path:
            raise Refused(f"the decay tables go in a circle: {' to '.join(map(str, (*path[path.index(pdg) :], pdg)))}")
        if len(path) > LONGEST_CHAIN:
            raise Refused(f"the decay tables make a chain of more than {LONGEST_CHAIN} decays, from {path[0]} to {pdg}")
        if pdg not in below:
            found = {pdg: 1.0}
            for ratio, daughters in spectrum.decays.get(pdg, STABLE).channels:
                for daughter in {abs(one) for one in daughters if is_new(one)} if ratio > NOISE else ():
                    number = ratio * sum(abs(one) == daughter for one in daughters)
                    for other, count in visit(daughter, (*path, pdg)).items():
                        found[other] = found.get(other, 0.0) + number * count
            below[pdg] = found
        return below[pdg]

    return visit(abs(start), ())


def check_chain(made: Iterable[int], spectrum: Spectrum) -> list[str]:
    """Return what is to be said of the decays of particles that are made, to the end; raise Refused."""
    counts: dict[int, float] = {}
    for start in made:
        for pdg, count in reached(start, spectrum).items():
            counts[pdg] = max(count, counts.get(pdg, 0.0))
    notes = []
    for pdg, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        for fault in _faults(pdg, spectrum):
            if count >= MATTERS:
                raise Refused(fault)
            notes.append(f"{fault} (in {count:.2g} of the decays: left as it is)")
        notes += _doubts(pdg, spectrum) if count >= MATTERS else ()
    return notes


def _faults(pdg: int, spectrum: Spectrum) -> Iterator[str]:
    """Yield what forbids to take a particle as one that decays promptly."""
    decay = spectrum.decays.get(pdg, STABLE)
    if pdg == NEUTRALINO:
        if any(ratio > NOISE for ratio, _ in decay.channels):
            yield (
                f"the lightest neutralino decays (DECAY {NEUTRALINO}, line {decay.line}): this search was made for one "
                "that escapes, and its missing momentum would be gone"
            )
        return
    if not is_known(pdg, spectrum):
        yield f"no program here knows the particle {pdg}, and the file has no BLOCK QNUMBERS {pdg} that says what it is"
    if decay.fault:
        yield f"DECAY {pdg}: {decay.fault}"
    elif not any(ratio > NOISE for ratio, _ in decay.channels):
        yield f"DECAY {pdg} is missing or empty: the particle would be stable, and this search is for prompt decays"
    else:
        yield from _of_table(pdg, decay, spectrum)


def _of_table(pdg: int, decay: Decay, spectrum: Spectrum) -> Iterator[str]:
    total = sum(ratio for ratio, _ in decay.channels)
    if abs(total - 1.0) > RATIO_TOLERANCE:
        yield f"the branching ratios of DECAY {pdg} add up to {total:.4g}, not to 1"
    yield from _closed(pdg, decay, spectrum)
    yield from _impossible(pdg, decay)
    if decay.width_gev <= 0.0:
        yield f"DECAY {pdg} has a width of {decay.width_gev:g} GeV beside its channels: it would never decay"
    elif (length_m := HBAR_C_GEV_M / decay.width_gev) > PROMPT_M:
        yield (
            f"particle {pdg} flies {length_m:.2g} m (width {decay.width_gev:g} GeV, line {decay.line}); this search is "
            "for prompt decays"
        )


def _closed(pdg: int, decay: Decay, spectrum: Spectrum) -> Iterator[str]:
    mass = spectrum.masses.get(pdg)
    if mass is None:
        yield f"BLOCK MASS has no {pdg}, which is made or decayed to"
        return
    for ratio, daughters in decay.channels:
        needed = sum(_least_gev(abs(one), spectrum) for one in daughters)
        if ratio > MATTERS and needed > mass * (1.0 + NOISE):
            yield f"DECAY {pdg} to {' '.join(map(str, daughters))} needs {needed:g} GeV of {mass:g} GeV"


def _impossible(pdg: int, decay: Decay) -> Iterator[str]:
    """Yield what the generator cannot make: it drops such events, and what is left is another mixture."""
    for ratio, daughters in decay.channels:
        if ratio > MATTERS and (broken := colourless(pdg, daughters)):
            yield f"DECAY {pdg} to {' '.join(map(str, daughters))} cannot be: {broken}"


def colourless(pdg: int, daughters: Sequence[int]) -> str:
    """Return why the colour of a particle cannot go on to what it decays to, or nothing; nothing of unknown ones."""
    if odd := [one for one in daughters if HADRONS[0] < abs(one) < HADRONS[1] and not _is_hadron(one)]:
        return f"{odd[0]} is no hadron"
    if not daughters or not all(_is_familiar(one) for one in (pdg, *daughters)):
        return ""
    coloured = any(_triality(one) or abs(one) in OCTETS for one in daughters)
    if (sum(map(_triality, daughters)) - _triality(pdg)) % 3 or (abs(pdg) in OCTETS and not coloured):
        return "colour is not conserved"
    return ""


def _is_hadron(pdg: int) -> bool:
    """Return whether the digits of a number are quarks."""
    first, second, third = (abs(pdg) // place % 10 for place in (1000, 100, 10))
    return abs(pdg) in (130, 310) or (first < 7 and 0 < second < 7 and 0 < third < 7)


def _is_familiar(pdg: int) -> bool:
    """Return whether a particle is one of the Standard Model or of supersymmetry, whose colour its number tells."""
    return abs(pdg) // 1_000_000 in (0, 1, 2)


def _triality(pdg: int) -> int:
    partner, kind = divmod(abs(pdg), 1_000_000)
    return (1 if pdg > 0 else -1) if partner < 3 and kind in range(1, 7) else 0


def _doubts(pdg: int, spectrum: Spectrum) -> Iterator[str]:
    """Yield what is wrong with a decay, and made as it stands: jets and missing momentum do not hang on charges."""
    odd = []
    for ratio, daughters in spectrum.decays.get(pdg, STABLE).channels:
        charges = [_thirds(one) for one in (pdg, *daughters)]
        known = [charge for charge in charges if charge is not None]
        if ratio > MATTERS and len(known) == len(charges) and sum(known[1:]) != known[0]:
            odd.append(" ".join(map(str, daughters)))
    if odd:
        more = f" (and {len(odd) - 1} more of its channels)" if odd[1:] else ""
        yield f"DECAY {pdg} to {odd[0]}{more} does not conserve electric charge: taken as it is"


def _thirds(pdg: int) -> int | None:
    """Return three times the electric charge of a particle of supersymmetry or the Standard Model, but for hadrons."""
    partner, kind = divmod(abs(pdg), 1_000_000)
    sign = 1 if pdg > 0 else -1
    if partner < 3 and kind in range(1, 7):
        return sign * (-1 if kind % 2 else 2)
    if partner < 3 and kind in range(11, 17):
        return sign * (-3 if kind % 2 else 0)
    return sign * 3 if abs(pdg) in CHARGED else 0 if abs(pdg) in NEUTRAL else None


def _least_gev(pdg: int, spectrum: Spectrum) -> float:
    known = spectrum.masses.get(pdg, 0.0)
    return known if is_new(pdg) else LEAST_GEV.get(pdg, known)
