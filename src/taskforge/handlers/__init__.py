"""What jobs do; sees core and nothing else of ours."""
