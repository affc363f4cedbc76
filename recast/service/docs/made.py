"""What pages have from the code: the tables of the schemas of results, and of prun's options."""

from __future__ import annotations

import re

from recast.service.docs.prun_table import prun_table
from recast.service.docs.schema_tables import schema_tables

__all__ = ["PRUN", "SCHEMAS", "completed"]

SCHEMAS = "<!-- tables of the schemas -->"
PRUN = "<!-- table of prun's options -->"

_FOLDED = re.compile(r"^<details><summary>(.*?)</summary>$|^</details>$", re.MULTILINE)


def completed(name: str, text: str) -> str:
    """Return the text of a page with what the code says of it; what is folded elsewhere is open here."""
    if name == "reference/result-schemas":
        return text.replace(SCHEMAS, _FOLDED.sub(r"\1", schema_tables()))
    return text.replace(PRUN, prun_table()) if name == "reference/prun" else text
