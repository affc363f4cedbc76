"""Transfer versions: to and from registries, into and out of archives."""
