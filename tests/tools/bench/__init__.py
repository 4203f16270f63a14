"""``make bench``: every figure a ratio, both sides measured in turns, in one run, on the same inputs.

`rounds.py` measures, `tables.py` writes, `book.py` keeps docs/reference/benchmarks.md; every other module is a
section of it, listed in `sections.py`.
"""
