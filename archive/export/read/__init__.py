"""One moment of the archive: its schema, rows and known gaps."""
