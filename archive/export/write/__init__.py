"""Put an export in place: files, digests, manifest."""
