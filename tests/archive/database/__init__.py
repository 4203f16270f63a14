"""Tests of ``archive.database.connection``."""
