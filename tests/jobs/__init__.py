"""Job types that exist for the tests alone; units load them by TASKFORGE_JOB_MODULES."""
