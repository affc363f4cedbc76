"""Run the command line, and kill this process right after the n-th write to a journal.

python kill_after.py N ARGUMENT...
"""

import os
import signal
import sys

import recast.driver.event_log
import recast.executors.workerproc
from recast.cli.app import run
from recast.journal import Journal

# Events are not gathered, so that there is a write, and a kill, for each.
recast.driver.event_log.FLUSH_AFTER_S = 0.0
recast.executors.workerproc._PAUSE_S = 0.0

writes_left = int(sys.argv[1])
append = Journal.append


def append_then_die(self, records):
    global writes_left
    append(self, records)
    writes_left -= 1
    if writes_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


Journal.append = append_then_die
sys.exit(run(sys.argv[2:]))
