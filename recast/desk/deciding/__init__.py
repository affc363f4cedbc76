"""What each action writes down: one function an action, from what was asked to the data of its event.

None means that everything is already as asked, so that nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable

from recast.desk.asking import Asked
from recast.desk.deciding.answers import ANSWERS
from recast.desk.deciding.life import LIFE
from recast.desk.deciding.people import PEOPLE
from recast.desk.deciding.runs import RUNS
from recast.json_types import JsonDict

__all__ = ["DECIDE"]

DECIDE: dict[str, Callable[[Asked], JsonDict | None]] = {**LIFE, **RUNS, **ANSWERS, **PEOPLE}
