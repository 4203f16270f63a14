"""Datasets from the archive: one snapshot, a fixed schema, the same bytes for the same state, checksummed.

wish → choose rows in one read transaction → stream them into a format, aside → papers → put in place
"""
