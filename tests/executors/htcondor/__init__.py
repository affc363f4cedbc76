"""HTCondor as an executor: its answers, its faults, and the real thing."""
