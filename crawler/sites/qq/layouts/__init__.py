"""One module per page layout."""
