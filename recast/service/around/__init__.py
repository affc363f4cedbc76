"""What lies around every request, from the outside in: headers, observation, the last word on errors, sizes."""
