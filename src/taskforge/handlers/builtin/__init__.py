"""The job types that come with TaskForge, one module for each."""
