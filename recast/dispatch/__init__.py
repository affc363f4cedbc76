"""Takes work from the ledger and runs it: one child process per run, snapshots of its state, and mail."""
