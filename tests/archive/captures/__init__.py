"""Tests of ``archive.captures``."""
