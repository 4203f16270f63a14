"""Tests of ``crawler.net``."""
