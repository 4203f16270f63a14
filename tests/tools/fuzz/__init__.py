"""A fuzzer of pages: real structures, broken on purpose, must give an article or a named outcome, and soon."""
