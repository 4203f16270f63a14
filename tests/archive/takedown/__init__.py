"""Tests of ``archive.takedown``."""
