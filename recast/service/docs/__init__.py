"""The documentation, beside the service: the same pages as those of the site, rendered here, without a network."""
