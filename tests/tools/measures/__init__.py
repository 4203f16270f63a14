"""What a year costs on disk and in time."""
