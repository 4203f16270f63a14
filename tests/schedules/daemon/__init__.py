"""Tests of ``schedules.daemon.daemon``."""
