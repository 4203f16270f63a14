"""Restore what is damaged from whichever copy is good."""
