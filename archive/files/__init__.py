"""Files on disk: durable writes, checksums, free space, the Markdown tree."""
