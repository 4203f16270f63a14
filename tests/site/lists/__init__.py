"""The site's list answers: one module per kind, each a function from (world, request) to a reply."""
