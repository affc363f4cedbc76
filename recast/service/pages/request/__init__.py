"""One request: what is asked, the answers, what may be done, and what happened."""
