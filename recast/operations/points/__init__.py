"""Points before they are asked: their faults, the searches that take them, answers nearby, and what they cost."""
