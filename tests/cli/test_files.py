"""Files over the command line, against a real API process."""

import hashlib
import json

import pytest
from sqlalchemy import text

from taskforge.core.files import MAX_KEPT_BYTES
from taskforge.core.ids import new_id

CSV = b"region,amount\nnorth,1\n"
UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def sales(tmp_path):
    file = tmp_path / "sales.csv"
    file.write_bytes(CSV)
    return str(file)


@pytest.fixture
async def artifact(submitted, deps):
    """A job with one file, as a worker would have made it; `artifact(content)` gives its id."""

    async def make(content=b"made", sha256=None):
        job_id = submitted()
        digest = sha256 or hashlib.sha256(content).hexdigest()
        async with deps.db.connect() as connection:
            await connection.execute(
                text(
                    "INSERT INTO job_artifacts (job_id, name, attempt, media_type, size_bytes,"
                    " sha256) VALUES (:job_id, 'out.csv', 1, 'text/csv', :size, :sha256)"
                ),
                {"job_id": job_id, "size": len(content), "sha256": digest},
            )
        place = deps.store.folder / "jobs" / job_id[-2:] / job_id / f"1-{digest[:16]}-out.csv"
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        return job_id

    return make


def test_a_file_is_uploaded_and_its_id_printed(client, sales, deps):
    done = client("upload", sales, "--json")

    kept = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (kept["filename"], kept["format"]) == ("sales.csv", "csv")
    assert kept["sha256"] == hashlib.sha256(CSV).hexdigest()


def test_for_people_an_upload_is_one_line(client, sales):
    done = client("upload", sales, "--name", "../other.txt")

    assert done.stdout.split()[1:] == ["text"]


def test_what_cannot_be_uploaded_is_told(client, tmp_path):
    empty, large = tmp_path / "empty.csv", tmp_path / "large.csv"
    empty.touch()
    with large.open("wb") as file:
        file.truncate(101 * 1024**2)

    for file, code, said in (
        ("missing.csv", 3, "no file"),
        (str(tmp_path), 2, "cannot be read"),
        (str(empty), 2, "empty"),
        (str(large), 2, "are taken"),
        ("a\0b", 2, "null byte"),
    ):
        done = client("upload", file)
        assert (done.exit_code, said in done.stderr) == (code, True), done.stderr


async def test_a_refusal_is_heard_although_much_is_on_its_way(client, tmp_path, deps):
    async with deps.db.connect() as connection:
        await connection.execute(
            text(
                "INSERT INTO uploads (id, created_by, expires_at, filename, format, size_bytes,"
                " sha256) SELECT :id, id, clock_timestamp() + interval '1 h', 'a', 'text', :size,"
                " '' FROM users"
            ),
            {"id": new_id(), "size": MAX_KEPT_BYTES},
        )
    file = tmp_path / "a.txt"
    file.write_bytes(b"x" * 50_000_000)

    done = client("upload", str(file))

    assert (done.exit_code, "may keep" in done.stderr) == (5, True), done.stderr


async def test_the_files_of_a_job_are_listed(client, artifact):
    job_id = await artifact()

    done = client("job", "artifacts", job_id)

    assert done.exit_code == 0
    assert "out.csv" in done.stdout
    assert json.loads(client("job", "artifacts", job_id, "--json").stdout)["items"]


def test_a_job_without_files_says_so(client, submitted):
    assert "no files" in client("job", "artifacts", submitted()).stdout


async def test_a_file_is_downloaded_whole(client, artifact, tmp_path):
    job_id = await artifact(b"made" * 100_000)

    done = client("job", "download", job_id, "out.csv")

    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "out.csv").read_bytes() == b"made" * 100_000
    assert not list(tmp_path.glob(".*.part"))


async def test_a_file_goes_where_it_is_wanted(client, artifact, tmp_path):
    job_id = await artifact()
    (tmp_path / "folder").mkdir()

    client("job", "download", job_id, "out.csv", "-o", "other.csv")
    client("job", "download", job_id, "out.csv", "-o", "folder")
    printed = client("job", "download", job_id, "out.csv", "-o", "-")

    assert (tmp_path / "other.csv").read_bytes() == b"made"
    assert (tmp_path / "folder" / "out.csv").read_bytes() == b"made"
    assert printed.stdout == "made"


async def test_nothing_is_written_over_unless_asked(client, artifact, tmp_path):
    job_id = await artifact()
    (tmp_path / "out.csv").write_text("mine")

    refused = client("job", "download", job_id, "out.csv")
    assert (refused.exit_code, (tmp_path / "out.csv").read_text()) == (5, "mine")

    assert client("job", "download", job_id, "out.csv", "--force").exit_code == 0
    assert (tmp_path / "out.csv").read_text() == "made"


async def test_a_file_that_is_not_what_it_should_be_is_not_kept(client, artifact, tmp_path):
    job_id = await artifact(sha256="0" * 64)

    done = client("job", "download", job_id, "out.csv")

    assert (done.exit_code, "cut off" in done.stderr) == (6, True)
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.parametrize("name", ["none.csv", "../secret", "a/b"])
async def test_a_file_that_is_not_there_is_not_found(client, artifact, name):
    done = client("job", "download", await artifact(), name)

    assert done.exit_code == 3


def test_a_job_that_is_not_there_is_not_found(client):
    assert client("job", "artifacts", UNKNOWN).exit_code == 3
