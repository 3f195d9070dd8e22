"""`just bench`: what the service does on this machine, beside bare Dramatiq in the same run."""
