"""Run by the Python of a yadage installation: what yadage-schemas says of files and documents.

stdin: `{"files": [[path, toplevel], ...], "documents": [...]}`; stdout: `{"files": [verdict, ...], "documents": [...]}`
with the verdicts VALID, INVALID (the schema says no) and ERROR (it crashed).
"""

import copy
import json
import logging
import sys

import jsonref
import jsonschema
import yadageschemas
from yadageschemas.dialects.raw_with_defaults import extend_with_defaults

SCHEMA = {"schema_name": "yadage/workflow-schema", "schemadir": yadageschemas.schemadir}


def of_file(path, toplevel):
    options = {"toplevel": toplevel, "load_as_ref": False, **SCHEMA}
    yadageschemas.load(path, options, validate=True, validopts=SCHEMA)


def of_document(document):
    data = jsonref.replace_refs(copy.deepcopy(document))
    extend_with_defaults(data, **SCHEMA)
    yadageschemas.validate_spec(data, SCHEMA)
    json.dumps(data, cls=yadageschemas.WithJsonRefEncoder)


def verdict(judge, *arguments):
    try:
        judge(*arguments)
    except jsonschema.ValidationError:
        return "INVALID"
    except Exception:
        return "ERROR"
    return "VALID"


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    work = json.load(sys.stdin)
    json.dump(
        {
            "files": [verdict(of_file, *item) for item in work["files"]],
            "documents": [verdict(of_document, item) for item in work["documents"]],
        },
        sys.stdout,
    )
