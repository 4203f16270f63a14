"""Addresses and ids of articles."""
