"""Spiders: those that only list, one per kind of source, and the one that fetches articles."""
