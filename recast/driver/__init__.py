"""The driver: does what the engine commands, and tells it what came of it."""

from recast.driver.drive import Driver, ImageDefaults, taken_from_cache

__all__ = ["Driver", "ImageDefaults", "taken_from_cache"]
