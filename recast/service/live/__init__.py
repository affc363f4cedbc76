"""What goes on, as events that a browser can follow."""
