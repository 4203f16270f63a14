"""Tests of ``crawler.cli``."""
