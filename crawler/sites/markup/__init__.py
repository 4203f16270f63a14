"""HTML, stylesheets and JavaScript values, read."""
