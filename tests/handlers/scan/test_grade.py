import pytest

from taskforge.handlers.scan.finding import Place, Rule, Severity, found
from taskforge.handlers.scan.grade import graded


def findings(severity, count, rule="x.y"):
    broken = Rule(rule, severity, "test", "title", "good", "remedy")
    return [found(broken, Place("target", str(number))) for number in range(count)]


@pytest.mark.parametrize(
    ("severity", "count", "score", "grade"),
    [
        ("info", 50, 100, "A+"),
        ("low", 1, 97, "A+"),
        ("low", 2, 94, "A"),
        ("low", 50, 85, "B"),
        ("medium", 1, 92, "A"),
        ("medium", 2, 84, "B"),
        ("medium", 50, 60, "D"),
        ("high", 1, 79, "C"),
        ("high", 2, 60, "D"),
        ("high", 9, 0, "F"),
        ("critical", 1, 34, "F"),
    ],
)
def test_a_grade_follows_from_its_findings(severity, count, score, grade):
    result = graded(findings(Severity(severity), count))

    assert (result.score, result.grade) == (score, grade)


def test_the_sum_can_be_done_again_from_what_is_shown():
    result = graded([*findings(Severity.MEDIUM, 7, "a.a"), *findings(Severity.LOW, 2, "b.b")])

    assert [(one.rule, one.points) for one in result.deductions] == [("a.a", 56), ("b.b", 6)]
    assert [cap.score for cap in result.caps] == [60]
    assert result.score == 100 - 40 - 6


def test_ids_follow_rule_target_and_place_alone():
    rule = Rule("x.y", Severity.LOW, "test", "title", "good", "remedy")
    same = [found(rule, Place("t", "here", 3, key="k"), "a"),
            found(rule, Place("t", "there", 9, key="k"), "b", severity=Severity.HIGH)]  # fmt: skip

    assert same[0].id == same[1].id
    assert len({same[0].id, found(rule, Place("u", "here", key="k")).id,
                found(rule, Place("t", "here", key="l")).id,
                found(rule._replace(id="x.z"), Place("t", "here", key="k")).id}) == 4  # fmt: skip
