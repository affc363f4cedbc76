"""Git made safe: what a remote has, one commit fetched, and its files written; nothing of a repository is executed."""

from recast.ci.checkout.fetch import Head, fetch_commit, heads_of
from recast.ci.checkout.process import Limits, run_git
from recast.ci.checkout.remote import Remote
from recast.ci.checkout.tree import Checkout, write_tree

__all__ = ["Checkout", "Head", "Limits", "Remote", "fetch_commit", "heads_of", "run_git", "write_tree"]
