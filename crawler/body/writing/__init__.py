"""Blocks written as Markdown."""
