"""Answer questions about probabilities with scipy; run by the Python of .venv-fit, not by ours.

Standard input has one JSON list `[name, arguments]` a line, standard output the answer to each.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from scipy import special, stats


def holm(values):
    """Holm's correction by its definition in vector form; statsmodels, which has it, is not here."""
    values = np.asarray(values, dtype=float)
    order = np.argsort(values, kind="stable")
    steps = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1.0)
    found = np.empty_like(values)
    found[order] = steps
    return found.tolist()


KNOWN = {
    "normal_sf": lambda z: stats.norm.sf(z),
    "two_sided": lambda z: 2.0 * stats.norm.sf(abs(z)),
    "normal_isf": lambda p: stats.norm.isf(p),
    "chi2_sf": lambda x, n: stats.chi2.sf(x, n),
    "chi2_isf": lambda p, n: stats.chi2.isf(p, n),
    "gamma_p": lambda a, x: special.gammainc(a, x),
    "gamma_q": lambda a, x: special.gammaincc(a, x),
    "binomial_pmf": lambda k, n, p: stats.binom.pmf(k, n, p),
    "binomial_cdf": lambda k, n, p: stats.binom.cdf(k, n, p),
    "binomial_sf": lambda k, n, p: stats.binom.sf(k, n, p),
    "binomial_test": lambda k, n, p: stats.binomtest(k, n, p).pvalue,
    "kolmogorov_sf": lambda x: special.kolmogorov(x),
    "ncx2_cdf": lambda x, n, nc: stats.ncx2.cdf(x, n, nc),
    "holm": holm,
    "ks_2samp": lambda a, b: stats.ks_2samp(a, b, method="asymp").statistic,
}

for line in sys.stdin:
    name, arguments = json.loads(line)
    answer = KNOWN[name](*arguments)
    print(json.dumps(answer if isinstance(answer, list) else float(answer)), flush=True)
