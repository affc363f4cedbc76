"""The limits of all signals in one list, sorted by name: whatever order they come in, the bytes are the same."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Read the parts, write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("parts", type=Path, nargs="+")
    args = parser.parse_args()
    limits = sorted((json.loads(path.read_bytes()) for path in args.parts), key=lambda limit: limit["point"]["name"])
    args.output.write_text(json.dumps(limits) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
