"""Which searches apply to a model: spectra and points compared with the declarations of entries (`applies:`); pure."""

__all__: list[str] = []
