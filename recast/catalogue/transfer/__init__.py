"""Versions on their way: to and from registries, into archives and out of them."""
