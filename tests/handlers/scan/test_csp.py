import pytest

from taskforge.handlers.scan import csp


@pytest.mark.parametrize(
    ("policy", "weakness", "seen"),
    [
        ("script-src 'self'", csp.inline_scripts, ""),
        ("SCRIPT-SRC 'Unsafe-Inline'", csp.inline_scripts, "script-src 'unsafe-inline'"),
        ("script-src 'unsafe-inline' 'nonce-x'", csp.inline_scripts, ""),
        ("default-src 'unsafe-inline'", csp.inline_scripts, "default-src 'unsafe-inline'"),
        ("img-src *", csp.inline_scripts, "neither script-src nor default-src"),
        ("script-src 'self'; script-src *", csp.scripts_from_anywhere, ""),
        ("script-src https: 'strict-dynamic' 'nonce-x'", csp.scripts_from_anywhere, ""),
        ("script-src data: 'self'", csp.scripts_from_anywhere, "script-src data:"),
        ("script-src 'unsafe-eval'", csp.evaluated_scripts, "script-src 'unsafe-eval'"),
        ("default-src 'none'", csp.open_objects, ""),
        ("default-src *", csp.open_objects, "object-src *"),
        ("default-src 'none'", csp.open_base, "no base-uri"),
        ("default-src 'none'", csp.open_frames, "no frame-ancestors"),
        ("frame-ancestors 'self'", csp.open_frames, ""),
        (";;; , ;", csp.open_base, ""),
    ],
)  # fmt: skip
def test_a_policy_is_judged(policy, weakness, seen):
    assert csp.always(csp.parse_policies([policy]), weakness) == seen


def test_a_second_policy_may_close_what_the_first_leaves_open():
    policies = csp.parse_policies(["script-src *", "script-src 'self'"])

    assert csp.always(policies, csp.scripts_from_anywhere) == ""
