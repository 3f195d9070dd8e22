"""Child processes that outlive a job, because what they hold is dear to load."""
