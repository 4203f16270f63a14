"""Check the archive: what is damaged, missing or foreign."""
