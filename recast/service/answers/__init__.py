"""The answers of requests as tables and charts: made of the document that a reader of a request gets, and of no more.

Whatever that document withholds is not known here, so that nothing in this folder can tell it.
"""
