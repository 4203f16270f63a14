"""Tests of ``crawler.engine``."""
