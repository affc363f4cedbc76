"""What runs on the worker node: stages in, starts the payload, stages out, writes the outcome.

Python 3.9 or newer, standard library only, nothing else of RECAST: it travels as one zipapp.

    attempt.py    one attempt from task to outcome
    staging.py    inputs: store -> in/
    payload.py    argv, environment and stdin of the payload
    spawn.py      start a process cheaply
    process.py    wait for it, stop it, leave nothing of it
    cgroup.py     memory, cpu and process limits that the kernel holds
    proctree.py   who descends from whom, by /proc
    outputs.py    which files a job keeps; symlinks judged
    keeping.py    outputs: work/ -> store
    slot.py       one process that runs attempts one after another
    serve.py      the supervisor of the slots
"""

__all__: list[str] = []
