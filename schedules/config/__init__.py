"""Durations and TOML tables, read with line numbers."""
