"""Files that people hand in: kept by content, with their owners, and judged before anybody uses them."""

from recast.ledger.uploads.uploads import Incoming, Limits, Upload, Uploads

__all__ = ["Incoming", "Limits", "Upload", "Uploads"]
