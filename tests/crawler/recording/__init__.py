"""Tests of ``crawler.recording``."""
