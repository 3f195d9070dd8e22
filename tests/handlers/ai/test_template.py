import pytest

from taskforge.handlers.ai.template import fill, placeholders


@pytest.mark.parametrize(
    ("template", "variables", "filled"),
    [
        ("Hello {name}!", {"name": "Olga"}, "Hello Olga!"),
        ("{a}{b}{a}", {"a": 1, "b": 2.5}, "12.51"),
        ("{{name}} and {yes}", {"yes": True}, "{name} and true"),
        ("{a}", {"a": "{b} {{ {0} %s $x"}, "{b} {{ {0} %s $x"),
        ('{{"json": {n}}}', {"n": 3}, '{"json": 3}'),
        ("no places", {}, "no places"),
        ("é {ü_1}", {}, None),
    ],
)
def test_values_are_put_in_once_and_never_read_again(template, variables, filled):
    if filled is None:
        with pytest.raises(ValueError, match="brace"):
            fill(template, variables, limit=1_000)
    else:
        assert fill(template, variables, limit=1_000) == filled


@pytest.mark.parametrize(
    "template",
    [
        "{",
        "}",
        "{}",
        "{0}",
        "{a.b}",
        "{a[0]}",
        "{a!r}",
        "{a:>9}",
        "{a b}",
        "{{a}",
        "{" + "a" * 65 + "}",
    ],
)
def test_whatever_is_more_than_a_name_is_refused(template):
    with pytest.raises(ValueError, match="the brace at character"):
        placeholders(template)


def test_every_name_needs_its_value_and_every_value_its_place():
    with pytest.raises(ValueError, match="lacks `a`, `b`"):
        fill("{a}{b}{c}", {"c": 1}, limit=100)
    with pytest.raises(ValueError, match="no place for `d`"):
        fill("{a}", {"a": 1, "d": 2}, limit=100)
    with pytest.raises(ValueError, match="and 10 more"):
        fill("".join(f"{{n{i}}}" for i in range(20)), {}, limit=100)


def test_a_template_that_multiplies_its_values_is_refused_before_it_is_filled():
    with pytest.raises(ValueError, match=r"1,000,000,000 characters, at most 32,000"):
        fill("{a}" * 10_000, {"a": "x" * 100_000}, limit=32_000)
