"""Tests of ``schedules.config``."""
