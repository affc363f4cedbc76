"""What all batch systems share: arrays, bundles on the disk, one poller, one throttle, outcomes brought home."""

from recast.executors.batch.system import Array, BatchSystem, EngineState, Refused, Sighting, Traits, Watched

__all__ = ["Array", "BatchSystem", "EngineState", "Refused", "Sighting", "Traits", "Watched"]
