"""Tables through DuckDB: what `data_processing` does, all but `payload` in the child process."""
