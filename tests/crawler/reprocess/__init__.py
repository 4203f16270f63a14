"""Tests of ``crawler.reprocess``."""
