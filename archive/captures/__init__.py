"""Raw captures: WARC files, written and read."""
