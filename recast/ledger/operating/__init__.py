"""What those who operate a service look at: attempts that failed, signs of life, what waits."""
