"""What goes on inside the service, for those who operate it."""
