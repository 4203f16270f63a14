"""Which rows an export holds, and as what."""
