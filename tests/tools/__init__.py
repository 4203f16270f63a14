"""What is no test: benches, fuzzing, faults, damage, measures."""
