"""Tests of ``schedules.cli``."""
