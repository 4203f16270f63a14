"""Every kind of damage to every kind of file of an archive, and whether verifying finds it."""
