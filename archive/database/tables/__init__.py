"""The statements that make the tables of each part."""
