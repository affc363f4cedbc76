"""Finding a search: by words and facets, by a point, and among those that nobody has archived."""
