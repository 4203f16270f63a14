"""Texts and answers without what they say of certain articles, every other byte as it was. Pure."""
