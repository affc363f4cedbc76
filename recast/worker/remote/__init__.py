"""Files from and to servers, by digest.

web.py      HTTP: answers, proofs, redirects, what is worth another try
fetch.py    GET that goes on where it broke off, and hashes
store.py    a store of files by digest behind a URL: file, http, https, root
put.py      PUT of a file
xrootd.py   the same by the program xrdcp
data.py     a job's inputs into the node's cache, its large outputs to where they stay
"""

__all__: list[str] = []
