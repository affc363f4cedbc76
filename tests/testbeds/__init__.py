"""Real engines and runtimes on this machine, for tests."""
