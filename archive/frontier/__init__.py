"""What is to be fetched, and how fast: links under leases, the pace of each host."""
