"""Which passwords may be set (S-05)."""

import pytest

from taskforge.core.errors import Invalid
from taskforge.flows.strength import check_strength


def judge(password: str) -> None:
    check_strength(password, username="ada-lovelace", email="countess@example.com")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 257,
        "aaaaaaaaaaaa",
        "ada-lovelace-1",
        "ADA-LOVELACE 2026".replace(" ", ""),
        "countess@example.com",
        "countess....2026",
        "password1234!",
        "PASSWORD1234!",
        "!!!2026password",
        "passwordpassword",
        "password123password123",
        "PassWord.PassWord.",
        "p@ssw0rd12345",
        "P455w0rd!!!!!!",
        "qwerty123456",
        "1qaz2wsx3edc4rfv",
        "iloveyou-2026",
        "1234567890123456789",
    ],
)
def test_a_password_that_others_would_guess_is_refused(password: str):
    with pytest.raises(Invalid) as caught:
        judge(password)

    assert caught.value.code == "weak_password"
    assert [fault.pointer for fault in caught.value.faults] == ["/password"]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "another fine password",
        "Tr0ub4dor&3-sturgeon",
        "9f3!a2%b7&6c1",
        "mot de passe tout à moi",
        "🔑🗝️🔒🔓 and a word",
        "commas, even, are fine",
        "x1" * 30 + "a long way to go",
        "\x00 is a character, too",
    ],
)
def test_a_password_of_ones_own_passes(password: str):
    judge(password)
