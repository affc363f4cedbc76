"""Run the real yadage on many specs and print what it made of each, as JSON. Executed by the Python of `.venv-yadage`.

python yadage_oracle.py CASES.json

A case has: work, workflow, toplevel, inputs, dataopts, and replace: texts of the result and what to write instead.
"""

import functools
import json
import logging
import os
import subprocess
import sys

import jq
import packtivity.handlers.execution_handlers as executors
import packtivity.handlers.publisher_handlers as publishers
import yadage.steering_api as steering
import yadage.utils as utils

# yadage takes globbed files in the order of the directory; ours are sorted.
unsorted_glob = publishers.glob2.glob
publishers.glob2.glob = lambda *args, **options: sorted(unsorted_glob(*args, **options))


# yadage compiles each jq program anew, thousands of times; a program means the same the second time.
jq.jq = functools.lru_cache(maxsize=None)(jq.jq)


def on_this_host(config, environment, state, job, metadata):
    """Run what yadage would run in a container here, with parameter mounts at the places where it writes them."""
    mounts = executors.prepare_par_mounts(config, environment["par_mounts"], state)
    text = job.get("script") or job["command"]
    for mount in mounts:
        text = text.replace(mount["destination"], mount["source"])
    subprocess.run(["sh"], input=text.encode(), cwd=state.readwrite[0], check=True)


executors.handlers["docker-encapsulated"]["default"] = on_this_host


def run(case):
    work = case["work"]
    failure = None
    try:
        steering.run_workflow(
            workflow=case["workflow"],
            toplevel=case["toplevel"],
            initdata=case["inputs"],
            backend=utils.setupbackend_fromstring("foregroundasync"),
            dataarg="local:" + work,
            dataopts=case["dataopts"],
            visualize=False,
            updateinterval=0.001,
        )
    except BaseException as problem:
        failure = repr(problem)
    snapshot = os.path.join(work, "_yadage", "yadage_snapshot_workflow.json")
    if not os.path.exists(snapshot):
        return {"failure": failure}
    with open(snapshot) as file:
        state = json.load(file)
    never_ran = [f"{rule['offset']}/{rule['rule']['name']}" for rule in state["rules"]]
    return {"failure": failure, "never_ran": never_ran, **told(state["dag"])}


def told(dag):
    name_of = {}
    for node in dag["nodes"]:
        about = node["task"]["metadata"]
        name_of[node["id"]] = f"{about['wflow_offset']}/{about['wflow_stage']}/{about['wflow_stage_node_idx']}"
    nodes = {
        name_of[node["id"]]: {
            "name": node["name"],
            "parameters": node["task"]["parameters"],
            "published": node["result"],
        }
        for node in dag["nodes"]
    }
    return {"nodes": nodes, "edges": sorted([name_of[a], name_of[b]] for a, b in dag["edges"])}


def relative(answer, case):
    """Write paths as below the run, longest first."""
    text = json.dumps(answer)
    places = {**case["replace"], os.path.realpath(case["work"]) + "/": "", case["work"] + "/": ""}
    for place in sorted(places, key=len, reverse=True):
        text = text.replace(place, places[place])
    return json.loads(text)


with open(sys.argv[1]) as cases_file:
    cases = json.load(cases_file)
logging.disable(logging.CRITICAL)
answers = {name: relative(run(case), case) for name, case in cases.items()}
with open(sys.argv[1] + ".answers", "w") as answers_file:
    json.dump(answers, answers_file)
os._exit(0)
