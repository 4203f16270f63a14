"""How well and how fast near-duplicates are found."""
