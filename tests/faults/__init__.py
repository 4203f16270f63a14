"""What happens when things go wrong: ``python -m tests.faults`` breaks every command at random points."""
