"""Tests of ``crawler.sites``."""
