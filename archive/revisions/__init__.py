"""The texts that an article had, from captures, written back."""
