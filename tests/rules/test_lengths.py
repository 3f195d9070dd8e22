"""Short files; ruff keeps functions short (PLR0915)."""

LONGEST = 300


def test_no_code_file_is_longer_than_300_lines(tracked):
    kinds = {".py", ".ts", ".tsx", ".sh", ".mako"}
    lengths = {p: len(p.read_text().splitlines()) for p in tracked if p.suffix in kinds}

    assert {str(p): n for p, n in lengths.items() if n > LONGEST} == {}
