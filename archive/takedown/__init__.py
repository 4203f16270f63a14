"""Taking an article down for good: out of every row, file, capture and export, with the proof that nothing is left."""
