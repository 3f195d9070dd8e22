import duckdb
import pytest

from taskforge.handlers.data.engine import literal, memory_faults, open_engine


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "open.csv").write_text("a\n1\n")
    (tmp_path / "shut.csv").write_text("a\n1\n")
    return open_engine(tmp_path / "open.csv")


def test_the_one_file_can_be_read(engine, tmp_path):
    path = str(tmp_path / "open.csv")

    assert engine.execute("SELECT * FROM read_csv(?)", [path]).fetchall() == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('shut.csv')",
        "SELECT * FROM 'shut.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO 'out.csv'",
        "COPY (SELECT 1) TO 'open.csv'",
        "ATTACH 'other.db'",
        "EXPORT DATABASE 'out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('https://example.com/a.csv')",
        "SET memory_limit = '9GB'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/passwd']",
        "SET lock_configuration = false",
        "SELECT getenv('HOME')",
        "SELECT * FROM tmp_path",
    ],
)
def test_everything_else_is_shut(engine, tmp_path, statement):
    tmp_path = {"a": [1]}  # noqa: F841 - a Python variable that SQL must not see

    with pytest.raises(duckdb.Error):
        engine.execute(statement).fetchall()


def test_what_does_not_fit_in_memory_is_spilled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("taskforge.handlers.data.engine.MEMORY_LIMIT", "30MB")
    engine = open_engine()

    engine.execute("CREATE TABLE t AS SELECT range a, md5(range::VARCHAR) b FROM range(1000000)")

    spilled = engine.execute("SELECT sum(size) FROM duckdb_temporary_files()").fetchone()
    assert spilled is not None
    assert spilled[0] > 0
    assert engine.execute("SELECT count(DISTINCT a) FROM t").fetchone() == (1_000_000,)


def test_the_end_of_memory_and_disk_is_a_memory_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("taskforge.handlers.data.engine.MEMORY_LIMIT", "30MB")
    monkeypatch.setattr("taskforge.handlers.data.engine.MAX_SPILL", "1MB")
    engine = open_engine()

    with pytest.raises(MemoryError), memory_faults():
        engine.execute("CREATE TABLE t AS SELECT md5(range::VARCHAR) FROM range(3000000)")


def test_a_quote_cannot_end_a_literal(engine):
    text = "it's '' \\' \u2019"

    assert engine.execute(f"SELECT {literal(text)}").fetchone() == (text,)
