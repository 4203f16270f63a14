"""Tests of ``schedules.notify``."""
