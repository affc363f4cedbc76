"""What differs between two runs, two specs, two versions, two steps."""
