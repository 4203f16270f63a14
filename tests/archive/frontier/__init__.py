"""Tests of ``archive.frontier.links``."""
