"""RECAST: collider searches archived as pinned workflows, run again for any model.

This module is imported by every command, so it imports nothing itself.
"""

from recast._version import __version__

__all__ = ["__version__"]
