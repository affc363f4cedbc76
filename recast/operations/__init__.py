"""What the house can do, one function a verb; called by the command line and by programs."""
