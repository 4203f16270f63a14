"""The archive in a browser: Datasette with pages of our own. Needs ``pip install 'qqnews[web]'``."""
