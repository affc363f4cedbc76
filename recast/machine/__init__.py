"""Facts about this machine, and the commands that fix problems: packages by distribution, advice."""
