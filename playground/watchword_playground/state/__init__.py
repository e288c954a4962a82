"""What one playground remembers: its settings, faults, counts and what it issued."""
