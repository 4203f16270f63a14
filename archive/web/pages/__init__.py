"""The pages, one module each: a function of what is asked and an archive that is only read."""
