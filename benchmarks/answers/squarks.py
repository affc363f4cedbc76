"""A spectrum of ATLAS-SUSY-2018-22, 4 x 1000 events, beside the same scripts in the same images by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.answers.home import BUNDLE, Home, in_image
from benchmarks.measure import paired, take
from benchmarks.place import Place
from benchmarks.table import Bar, Row

__all__ = ["ANALYSIS", "squarks"]

ANALYSIS = "atlas-susy-2018-22"
_FILES = f"{BUNDLE}/files"
_SCRIPTS = f"{_FILES}/scripts"
_EVENTS, _BATCHES, _SEED = 1000, 4, 1

_EVENT_CHAIN = f"""
nothing={_FILES}/nothing.txt
python3 {_SCRIPTS}/check.py --slha {_FILES}/examples/gogo_direct_2200_600.slha --lhe $nothing --hepmc $nothing \\
  --process auto --weight=auto --masses --events {_EVENTS} --batches {_BATCHES} --seed {_SEED} \\
  --folder batches --point point.json --index index.yml
python3 {_SCRIPTS}/rate.py --point point.json --xsec-fb 0 --accept False --output rate.json \\
  --squark-table {_FILES}/tables/pp13_squark_NNLO_NNLL.json --gluino-table {_FILES}/tables/pp13_gluino_NNLO_NNLL.json
seq {_SEED} {_SEED + _BATCHES - 1} | xargs -n 1 -P 2 sh -euc '
  python3 {_SCRIPTS}/generate.py --source batches/spectrum.slha --slha batches/spectrum.slha --point point.json \\
    --seed $1 --events {_EVENTS} --output particles-$1.jsonl.gz
  python3 {_SCRIPTS}/analyse.py --events particles-$1.jsonl.gz --output counts-$1.json' batch
mkdir merged
python3 {_SCRIPTS}/merge.py --point point.json --rate rate.json --backgrounds {_FILES}/backgrounds.json \\
  --folder merged --counts counts-*.json
"""
_FITS = f"""
printf '%s\\n' {{searches}} | xargs -n 1 -P 2 sh -euc 'python3 {_SCRIPTS}/fit.py --search $1 --workspaces \\
  {_FILES}/simplified_MB-SSd_noCR_bkgonly.json {_FILES}/simplified_MB-GGd_noCR_bkgonly.json \\
  {_FILES}/simplified_MB-C_noCR_bkgonly.json --backgrounds {_FILES}/backgrounds.json --signal merged/signal.json \\
  --toys 0 --output fit-$1.json --patch patch-$1.json' fit
python3 {_SCRIPTS}/limit.py --signal merged/signal.json --limit limit.json --table regions.json --fits fit-*.json
mkdir figures
python3 {_SCRIPTS}/plot.py --yields merged/yields.json --limit limit.json --rate rate.json \\
  --figure {_FILES}/figure.json --folder figures
"""


def squarks(place: Place, home: Home) -> Iterator[Row]:
    """`recast run` of gluinos in 4 x 1000 events beside its scripts by hand, two processes at a time."""
    pair = paired(
        lambda: home.run("--example", "gluino"), lambda: _by_hand(place.fresh(), home), 1 if place.quick else 3
    )
    name = f"{ANALYSIS}, {_BATCHES} x {_EVENTS} events : its scripts by hand"
    yield Row(name, pair.ours, "s", pair.theirs, pair.ratio, Bar(1.1, "times"))


def _by_hand(work: Path, home: Home) -> float:
    events = in_image(home.roots["recast/generation:1"], home.spec, work, _EVENT_CHAIN)
    taken = take(events, work).seconds
    searches = " ".join(json.loads((work / "index.yml").read_bytes())["searches"])
    fits = in_image(home.roots["recast/pyhf-fit:1"], home.spec, work, _FITS.format(searches=searches))
    return taken + take(fits, work).seconds
