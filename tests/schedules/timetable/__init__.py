"""Tests of ``schedules.timetable``."""
