"""The words of cards, apart from what reads them, so that a command's help is there at once."""

__all__ = ["POLICIES", "TAG_KINDS"]

POLICIES = ("closed", "on-acceptance", "at-once")
"""What happens to requests: none are taken; a contact accepts them; requesters help themselves within a quota."""

TAG_KINDS = ("final_states", "models", "tools")
