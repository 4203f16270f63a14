"""The clock: when a job is due, and whether it worked."""
