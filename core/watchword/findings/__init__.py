"""What a check can find: codes, findings and reports."""
