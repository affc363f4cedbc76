"""The driver: carries out the engine's commands and reports their outcomes to it as events."""

from recast.driver.drive import Driver, ImageDefaults, taken_from_cache

__all__ = ["Driver", "ImageDefaults", "taken_from_cache"]
