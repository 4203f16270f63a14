"""The numbers and charts of the report."""
