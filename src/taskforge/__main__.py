"""`python -m taskforge`: the same as the command `taskforge`."""

from taskforge.cli.main import app

app()
