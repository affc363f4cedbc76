"""The page for those who operate the service."""
