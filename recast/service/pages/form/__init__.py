"""The form for a request: made from a version's schema, one document with `request.yml`, and no script is needed."""
