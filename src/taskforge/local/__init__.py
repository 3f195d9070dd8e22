"""The embedded stack behind `taskforge up`: servers from wheels and the supervisor."""
