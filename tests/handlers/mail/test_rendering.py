"""Templates: what they need, what they make, and what ends those that run away."""

import time

import pytest

from taskforge.core.failures import InvalidInput
from taskforge.handlers.mail.catalogue import CATALOGUE, PROVIDED, REPORT
from taskforge.handlers.mail.plain import html_to_text
from taskforge.handlers.mail.rendering import Templates
from taskforge.handlers.mail.words import fill, names_in

GIVEN = {"name": "Ann", "email": "ann@example.com", "subject": "News"}


@pytest.fixture
def own(tmp_path):
    """Templates of the installation: name and source."""

    def make(**sources):
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        for name, source in sources.items():
            (folder / name.replace("_", ".")).write_text(source)
        return Templates(folder)

    return make


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_the_catalogue_says_what_each_template_names(name):
    asked_for = Templates(None).asked_for(name) - PROVIDED
    known = CATALOGUE[name]

    assert {"job_id" if it == "report" else it for it in asked_for} == (
        known.required | known.optional
    )


@pytest.mark.parametrize("name", [it for it in CATALOGUE if it != REPORT])
def test_what_is_required_is_enough(name):
    required = dict.fromkeys(CATALOGUE[name].required, "<b>5 & 6</b>")

    bodies = Templates(None).render(name, {**GIVEN, **required})

    assert bodies.text.strip()
    if bodies.html:
        assert "<b>5" not in bodies.html
        assert "<style" not in bodies.html
        assert 'style="' in bodies.html


def test_values_stay_text_wherever_they_stand():
    hostile = '"><script>alert(1)</script>{{ 7 * 7 }}{% for x in y %}'
    bodies = Templates(None).render(
        "notification",
        {**GIVEN, "subject": hostile, "message": hostile, "details": {hostile: hostile}},
    )

    assert bodies.html
    assert "<script>" not in bodies.html
    assert "{{ 7 * 7 }}" in bodies.text
    assert "49" not in bodies.text


def test_a_template_of_the_installation_gets_its_text_from_its_html(own):
    templates = own(
        hello_html="<style>p { color: red }</style><h1>Hi {{ name }}</h1>"
        "<p>Read <a href='https://x.org/?a=1&amp;b=2'>this</a>,<br>please.</p>"
    )

    bodies = templates.render("own/hello", GIVEN)

    assert 'style="color: red;"' in str(bodies.html)
    assert bodies.text == "Hi Ann\n\nRead this (https://x.org/?a=1&b=2),\nplease.\n"


@pytest.mark.parametrize(
    "value", [10**30, -(2**63), 1e308, True, None, [[[[1]]]], {"a": {"b": [None]}}, "x" * 20_000]
)
async def test_any_value_can_be_shown(sink, send, value):
    result = await send(
        subject="x", to="a@example.com",
        variables={"message": value, "details": {"value": value}, "action_label": value},
    )  # fmt: skip

    assert result["summary"]["accepted"] == 1


async def test_a_nul_in_a_text_is_sent_and_shown_as_a_mark(sink, send):
    result = await send(subject="x", to="a@example.com", text="a\x00b")

    assert result["preview"]["text"] == "a\N{REPLACEMENT CHARACTER}b"
    assert b"\0" not in sink.messages[0].source


def test_styles_are_never_fetched(own, tmp_path):
    (tmp_path / "own.css").write_text("p { color: red }")
    templates = own(
        a_html=f"<link rel='stylesheet' href='file://{tmp_path}/own.css'><p>x</p>"
        "<link rel='stylesheet' href='http://127.0.0.1:9/x.css'>"
    )

    assert "color" not in str(templates.render("own/a", GIVEN).html)


def test_a_missing_value_is_named(own):
    templates = own(a_txt="{{ name }} {{ place }}")

    with pytest.raises(InvalidInput, match="not given: place"):
        templates.render("own/a", GIVEN)


def test_a_template_that_runs_away_is_stopped(own):
    templates = own(
        a_txt="{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"
    )
    began = time.monotonic()

    with pytest.raises(InvalidInput, match="out of fuel"):
        templates.render("own/a", GIVEN)

    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "source", ["{% if %}", "{{ name", "{% extends 'own/nope.txt' %}", "{{ name|nope }}",
               "{% include 'own/../../secret.txt' %}", "{% include '/etc/hostname' %}"]
)  # fmt: skip
def test_a_template_that_cannot_be_read_is_a_clear_fault(own, source, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    templates = own(a_txt=source)

    with pytest.raises(InvalidInput, match="cannot be rendered"):
        templates.render("own/a", GIVEN)


@pytest.mark.parametrize("name", ["own/nope", "own/big", "nope"])
def test_a_template_that_is_not_there_is_a_clear_fault(own, name):
    templates = own(big_txt="x" * 300_000)

    with pytest.raises(InvalidInput, match="no mail template"):
        templates.render(name, GIVEN)


async def test_a_fault_for_one_recipient_stops_the_job_before_anybody_gets_mail(
    serve, send, ctx, tmp_path
):
    peer = await serve()
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "bill.txt").write_text("{{ amount * 2 }}")
    ctx.settings["MAIL_TEMPLATES_DIR"] = str(tmp_path / "t")

    with pytest.raises(InvalidInput, match=r"For ben@example.com"):
        await send(
            subject="Bill",
            template="own/bill",
            recipients=[
                {"email": "ann@example.com", "variables": {"amount": 2}},
                {"email": "ben@example.com", "variables": {"amount": {}}},
            ],
        )

    assert peer.got == []


async def test_a_template_of_the_installation_is_used_and_misspelt_variables_are_told(
    sink, send, ctx, tmp_path
):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "bill.txt").write_text("You owe {{ amount }}.")
    ctx.settings["MAIL_TEMPLATES_DIR"] = str(tmp_path / "t")

    result = await send(
        subject="Bill {{ nr }}", template="own/bill", to="ann@example.com",
        variables={"amount": 5, "nr": 7, "amuont": 6},
    )  # fmt: skip

    assert result["preview"]["text"] == "You owe 5."
    assert result["preview"]["html"] is None
    assert "amuont." in result["warnings"][1]


def test_words_are_replaced_and_nothing_else_is_done():
    assert names_in("{{a}} {{ b_1 }} {x} {% if %}") == {"a", "b_1"}
    assert fill("{{ a }}-{{a}}", {"a": "{{ b }}"}) == "{{ b }}-{{ b }}"
    for text in ("{{", "{{ a.b }}", "{{ a|upper }}", "{{ a() }}"):
        with pytest.raises(ValueError, match="takes one name"):
            names_in(text)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb\n"),
        ("<ul><li>a<li>b</ul>", "- a\n- b\n"),
        ("a&nbsp;&amp;&lt;b&gt;", "a &<b>\n"),
        ("<script>alert(1)</script><style>x</style>a", "a\n"),
        ("<a href='javascript:x'>a</a>", "a\n"),
        ("<<<>>> <p <b", "<<<>>>"),
        ("", "\n"),
    ],
)
def test_html_becomes_text(html, text):
    assert html_to_text(html).startswith(text.rstrip("\n"))
