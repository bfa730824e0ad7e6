"""The same job as others do it: what a user would write in an afternoon, or take from a shelf.

Each lists every dossier, downloads what is listed, writes it into the dossier's folder and tells
the hub after each document. None of them remembers what it did, checks a document, or survives a
kill between two of these steps; without ``--durable`` none of them flushes either.
"""
