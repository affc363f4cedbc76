"""How the service speaks HTTP: bodies in, documents and errors out, conditions, keys that make repeating safe."""
