"""The built-in data sets: every row is made from its number and a seed."""
