"""`taskforge shell`."""

import pytest


@pytest.mark.parametrize("end", ["", "\n"], ids=["Ctrl-D", "an empty line"])
def test_redis_answers_until_it_is_told_to_stop(run, settings, end):
    result = run("shell", "redis", given=f"ping\nno-such\n{end}", REDIS_URL=settings.redis_url)

    assert result.exit_code == 0
    assert "True" in result.stdout
    assert "unknown command" in result.stderr
