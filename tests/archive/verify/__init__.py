"""Tests of ``archive.verify.verify``."""
