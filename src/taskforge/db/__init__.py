"""PostgreSQL, the truth: every SQL statement is a named function in this room."""
