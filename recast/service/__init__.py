"""The service: an HTTP API in front of the ledger. It needs the extra `service`."""
