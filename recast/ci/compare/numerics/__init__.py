"""Probabilities in plain Python, held against scipy: normal, chi-squared, binomial, Kolmogorov; Holm's correction."""

from recast.ci.compare.numerics.binomial import binomial_cdf, binomial_pmf, binomial_sf, binomial_test
from recast.ci.compare.numerics.gamma import chi2_isf, chi2_sf, gamma_p, gamma_q
from recast.ci.compare.numerics.holm import holm
from recast.ci.compare.numerics.kolmogorov import kolmogorov_sf
from recast.ci.compare.numerics.noncentral import ncx2_cdf, noncentrality_seen
from recast.ci.compare.numerics.normal import normal_isf, normal_sf, two_sided

__all__ = [
    "binomial_cdf",
    "binomial_pmf",
    "binomial_sf",
    "binomial_test",
    "chi2_isf",
    "chi2_sf",
    "gamma_p",
    "gamma_q",
    "holm",
    "kolmogorov_sf",
    "ncx2_cdf",
    "noncentrality_seen",
    "normal_isf",
    "normal_sf",
    "two_sided",
]
