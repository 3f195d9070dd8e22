"""What is hidden in the log, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskforge.core.redact import MASK, is_secret_name, masked, scrubbed

KEY = "tf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4"
HOOK = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIBOwIBAAJBAL\nq8r7\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"key {KEY} was refused", KEY),
        (f"signed with {HOOK}.", HOOK),
        (f"token={TOKEN}", TOKEN),
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        ("authorization: Basic YWRhOmh1c2gtaHVzaC1odXNo", "YWRhOmh1c2gtaHVzaC1odXNo"),
        ("curl -H 'X-API-Key: s3cr3t-value'", "s3cr3t-value"),
        ("{'password': 'correct horse', 'user': 'ada'}", "correct horse"),
        ('{"client_secret":"s3cr3t","user":"ada"}', "s3cr3t"),
        ("login(password=hunter2)", "hunter2"),
        ("PGPASSWORD=hunter2 psql", "hunter2"),
        ("headers b'cookie': b'session=abc; theme=dark'", "abc"),
        ("Set-Cookie: refresh=abc123; HttpOnly", "abc123"),
        ("cannot reach postgresql://ada:hush@db.example.com/x", "hush"),
        ("redis://:quiet@cache:6379/0 is away", "quiet"),
        ("smtp://me:p@ss:word@mail.example.com:587", "p@ss:word"),
        ("GET https://example.com/a?x=1&sig=deadbeef&y=2", "deadbeef"),
        ("GET https://example.com/?access_token=deadbeef", "deadbeef"),
        ("openai said no to sk-proj-abcdefghijklmnop1234", "sk-proj-abcdefghijklmnop1234"),
        ("found AKIAIOSFODNN7EXAMPLE in it", "AKIAIOSFODNN7EXAMPLE"),
        (f"key file:\n{PEM}\nend", "MIIBOwIBAAJBAL"),
        ("-----BEGIN PRIVATE KEY-----\nMIIBOwIBAAJBAL cut off", "MIIBOwIBAAJBAL"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, secret):
    told = masked(text)

    assert secret not in told
    assert MASK in told


def test_only_the_secret_is_taken_out():
    told = masked("GET https://ada:hush@example.com/a?sig=1234&page=2 with password='x y' failed")

    assert told == (
        f"GET https://ada:{MASK}@example.com/a?sig={MASK}&page=2 with password={MASK} failed"
    )


@pytest.mark.parametrize(
    "text",
    [
        "attempt.ended",
        "api_key.revoked",
        "refresh_token.reused",
        "the API key lacks the permission 'jobs:write'",
        "max_tokens: 20",
        "https://example.com:8000/a/b@c?page=2",
        "postgresql://db.example.com/taskforge",
        "basic arithmetic failed",
        "0198c5f2-7a3e-7c11-9a55-1d2c3b4a5f60",
    ],
)
def test_plain_words_stay_as_they_are(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    "name",
    ["password", "PGPASSWORD", "client_secret", "refresh_token", "X-API-Key", "api_key", "apikey",
     "Authorization", "set-cookie", "aws_credentials", "private_key", "passphrase"],
)  # fmt: skip
def test_some_names_say_that_their_value_is_secret(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["key_id", "api_key_id", "max_tokens", "keys", "user_id", "path"])
def test_other_names_do_not(name):
    assert not is_secret_name(name)


def test_secrets_are_found_however_deep_and_what_is_deeper_is_hidden_whole():
    abyss: list[object] = []
    abyss.append(abyss)

    told = scrubbed(
        {
            "a": [{"password": "hush"}, (f"x {KEY}", 3)],
            f"k {KEY}": None,
            "b": b"token=x1",
            "c": abyss,
        }
    )

    assert told["a"] == [{"password": MASK}, [f"x {MASK}", 3]]
    assert told[f"k {MASK}"] is None
    assert "x1" not in told["b"]
    assert MASK in str(told["c"])


def test_what_cannot_say_what_it_is_is_told_by_its_class():
    class Silent:
        def __str__(self):
            raise ValueError("no")

    assert scrubbed([Silent()]) == ["<Silent>"]


@settings(max_examples=50, deadline=None)
@given(before=st.text(max_size=40), after=st.text(max_size=40), secret=st.sampled_from(
    [KEY, HOOK, f"password={'x' * 9}", f"bearer {TOKEN}", "redis://:xxxxxxxxx@cache"]))  # fmt: skip
def test_whatever_stands_around_a_secret_hides_it_no_less(before, after, secret):
    told = masked(f"{before} {secret} {after}")

    assert secret not in told
    assert "x" * 9 not in told
