"""What the service keeps: requests and their audit trail, people, uploads, work, and an index of the catalogue."""
