"""Tests of ``archive.runs``."""
