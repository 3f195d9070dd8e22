"""What several rooms of the suite share; importable because pytest puts `tests` on the path."""
