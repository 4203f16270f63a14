"""Checks of the site and of pages."""
