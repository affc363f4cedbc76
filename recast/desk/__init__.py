"""The desk: requests, points and answers; what changes them, who may, and who is told. Pure."""
