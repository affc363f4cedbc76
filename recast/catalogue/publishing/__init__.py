"""A version before it is published: what it consists of, and every check that it must pass."""
