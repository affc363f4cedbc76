"""Print, as JSON, what hepdata-validator says of submissions; run by the Python of .venv-hepdata, not by ours."""

from __future__ import annotations

import json
import sys

from hepdata_validator.full_submission_validator import FullSubmissionValidator


def main(folders: list[str]) -> None:
    found = {}
    for folder in folders:
        validator = FullSubmissionValidator()
        valid = validator.validate(directory=folder)
        messages = [message.message for own in validator.get_messages().values() for message in own]
        found[folder] = messages if valid == (not messages) else ["the validator contradicts itself", *messages]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
