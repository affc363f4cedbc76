"""What a payload may use, and who holds it to that: control groups, watching, the class of what ran out of memory."""
