"""Tests of ``crawler.body``."""
