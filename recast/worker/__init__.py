"""The worker, which runs on nodes: stages in, starts the payload, stages out, writes the outcome.

Python 3.9 or newer, standard library only, imports nothing else from RECAST: it is shipped as one zipapp.

    attempt.py    one attempt from task to outcome
    staging.py    inputs: store -> in/
    payload.py    argv, environment and stdin of the payload
    spawn.py      start a process cheaply
    process.py    wait for it, stop it, leave nothing of it
    hierarchy.py  where control groups can be made: below our own, once that is ours
    place.py      a group of version 2, and what decides whether it may be divided or left
    scope.py      when systemd is asked for a group of our own
    systemd.py    how it is asked
    cgroup.py     memory, cpu and process limits that the kernel holds
    verdict.py    what the end of a payload amounts to
    outofmemory.py  the rule of the class memory
    unheld.py     what the kernel does not hold, in words
    trial.py      whether it holds them, tried
    warden.py     a program whose whole tree ends with it, and with its parent
    proctree.py   who descends from whom, by /proc
    handson.py    a person in a job's container
    outputs.py    which files a job keeps; symlinks judged
    keeping.py    outputs: work/ -> store
    stageout.py   which outputs there are, whether they are too much, and into the store with them
    ear.py        who is heard while files are copied
    log.py        the log's size and last words
    node.py       one job of a batch system's array, from task to what it leaves
    nodeimage.py  an image for a job: which runtime starts what
    images/       where an image can be had, and what is made of it
    cache/        what one job fetched, the next ones find
    remote/       files from and to servers, by digest
    markers.py    what only the node knows, put into an argv
    slot.py       one process that runs attempts one after another
    serve.py      the supervisor of the slots
"""

__all__: list[str] = []
