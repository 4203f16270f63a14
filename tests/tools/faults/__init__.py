"""What happens when things go wrong: ``python -m tests.tools.faults`` breaks every command at random points."""
