"""Runs and due times, and the locks that keep two of a job apart."""
