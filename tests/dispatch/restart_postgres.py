"""Kill the PostgreSQL of a test-bed as a power cut would, and start it again: `… FOLDER`."""

import sys
from pathlib import Path

from tests.testbeds.postgres.bed import PostgresBed

PostgresBed(Path(sys.argv[1])).kill()
