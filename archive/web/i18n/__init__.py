"""Chinese and English on the page."""
