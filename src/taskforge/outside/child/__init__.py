"""Child processes of one run each: limits, a folder of their own, and an end that cannot fail."""
