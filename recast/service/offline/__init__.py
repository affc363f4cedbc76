"""A copy of the public catalogue as plain files: the pages that a stranger is served, readable without a service."""
