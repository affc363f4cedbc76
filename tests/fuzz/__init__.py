"""The borders over which strangers' bytes come in, and fuzzers for them: in the suite, and out of it `make fuzz`.

border.py       what a border is: bytes go in; they are accepted, or refused in words
mutations.py    hostile changes of valid examples, and checksums that hold again
layers.py, archives.py, leavings.py, records.py, documents.py, words.py, servers.py   the borders
targets.py      all of them by name
finds/NAME/     what a fuzzer found once, replayed by the suite
hour.py         `make fuzz`: coverage-guided, all borders in turn, a table at the end
child.py        one border under the coverage-guided fuzzer
"""
