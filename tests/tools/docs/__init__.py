"""What makes the docs: the reference of commands from ``--help``, and the site."""
