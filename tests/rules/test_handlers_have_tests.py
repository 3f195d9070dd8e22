"""A job type comes with its test."""


def test_every_built_in_job_type_has_a_test_file(root):
    handlers = (root / "src" / "taskforge" / "handlers" / "builtin").glob("*.py")
    names = {path.stem for path in handlers if not path.stem.startswith("_")}
    tested = {path.stem.removeprefix("test_") for path in (root / "tests").rglob("test_*.py")}

    assert names - tested == set()
