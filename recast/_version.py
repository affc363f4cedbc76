"""The version of RECAST; defined only here."""

__version__ = "0.1.0"
