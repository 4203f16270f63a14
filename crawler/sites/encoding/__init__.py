"""Bytes to text: the charset, and what was lost in it."""
