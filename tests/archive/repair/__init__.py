"""Tests of ``archive.repair.repair``."""
