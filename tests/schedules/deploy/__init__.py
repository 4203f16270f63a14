"""Tests of ``schedules.deploy``."""
