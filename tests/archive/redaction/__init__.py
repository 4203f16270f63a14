"""Tests of ``archive.redaction``."""
