"""Run the real yadage and print what it made, as JSON. Executed by the Python of `.venv-yadage`, not by ours.

python yadage_oracle.py WORK WORKFLOW TOPLEVEL INPUTS.json DATAOPTS.json
"""

import json
import logging
import os
import sys

import packtivity.handlers.publisher_handlers as publishers
import yadage.steering_api as steering
import yadage.utils as utils

work, workflow, toplevel, inputs, dataopts = sys.argv[1:]
logging.disable(logging.CRITICAL)

# yadage takes globbed files in the order of the directory; ours are sorted. Nothing else is changed.
unsorted_glob = publishers.glob2.glob
publishers.glob2.glob = lambda *args, **options: sorted(unsorted_glob(*args, **options))

with open(inputs) as inputs_file, open(dataopts) as dataopts_file:
    values, options = json.load(inputs_file), json.load(dataopts_file)

failure = None
try:
    steering.run_workflow(
        workflow=workflow,
        toplevel=toplevel,
        initdata=values,
        backend=utils.setupbackend_fromstring("multiproc:2"),
        dataarg="local:" + work,
        dataopts=options,
        visualize=False,
        updateinterval=0.005,
    )
except BaseException as problem:
    failure = repr(problem)

with open(os.path.join(work, "_yadage", "yadage_snapshot_workflow.json")) as snapshot_file:
    dag = json.load(snapshot_file)["dag"]

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
edges = sorted([name_of[upstream], name_of[downstream]] for upstream, downstream in dag["edges"])
text = json.dumps({"failure": failure, "nodes": nodes, "edges": edges})
print(text.replace(os.path.realpath(work) + "/", "").replace(work + "/", ""))
sys.stdout.flush()
os._exit(0)
