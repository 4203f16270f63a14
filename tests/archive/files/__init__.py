"""Tests of ``archive.files``."""
