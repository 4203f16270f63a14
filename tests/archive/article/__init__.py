"""Tests of ``archive.article.model``."""
