"""Commands of the crawler."""
