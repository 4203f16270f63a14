"""Tests of ``schedules.runner``."""
