"""The guarded ways out of the process: HTTP, child processes, the file store, the mail sink."""
