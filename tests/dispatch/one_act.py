"""What one web request does to the ledger, in a process of its own: `… URL REQUEST|new ACTION DATA KEY ACTOR`."""

import json
import sys

from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.ledger import Ledger, Once

url, request, action, data, key, actor, facts = sys.argv[1:]
who = json.loads(actor)
with Ledger(url) as ledger:
    done = ledger.act(
        None if request == "new" else request,
        action,
        Actor(user=who["user"], contact_of=frozenset(who["contact_of"])),
        json.loads(data),
        facts=Facts(**json.loads(facts)),
        once=Once(key, action),
    )
    print(done.id)
