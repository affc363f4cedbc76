"""Loaded by every Python that has this folder on its path: faults are for the dispatcher and its children alone."""

import os
import sys

_OURS = ("recast.dispatch.child", "dispatch", "tests.dispatch.one_act")

if os.environ.get("RECAST_TEST_FAULT") and any(word in sys.orig_argv for word in _OURS):
    from tests.dispatch.faults import install

    install(os.environ["RECAST_TEST_FAULT"])
