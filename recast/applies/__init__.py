"""Which searches a model is something for: spectra and points against what entries declare (`applies:`); pure."""

__all__: list[str] = []
