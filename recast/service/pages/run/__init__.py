"""The page of a run: how it goes, stage by stage and step by step, while it goes on and afterwards."""
