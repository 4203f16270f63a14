"""The daemon: sessions on one archive, and what is done after each run."""
