"""Tests of ``archive.cli``."""
