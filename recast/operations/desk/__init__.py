"""What is done about requests from the command line: against a service, or with a file alone."""
