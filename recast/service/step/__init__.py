"""One step of a run as the service tells of it: by the picture in the ledger, and by what the run itself knows."""
