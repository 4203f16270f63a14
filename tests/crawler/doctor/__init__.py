"""Tests of ``crawler.cli.doctor``."""
