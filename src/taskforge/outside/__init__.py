"""The guarded ways out of the process: child processes, and later HTTP, SMTP and files."""
