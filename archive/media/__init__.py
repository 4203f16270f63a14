"""Copies of pictures."""
