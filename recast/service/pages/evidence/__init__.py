"""The page of an answer: its numbers, and all that they rest on."""
