import threading

import pytest

from pipeline.validation.rules.engine import FINDINGS_PER_RULE
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from tests.unit.validation.rules.rule_files import check, failures, ids, rule, schematron


def pattern(*rules: tuple[str, str, str]) -> str:
    return (
        "<sch:pattern>"
        + "".join(
            f'<sch:rule context="{context}"><sch:assert id="{name}" flag="fatal" test="{test}"/>'
            "</sch:rule>"
            for name, context, test in rules
        )
        + "</sch:pattern>"
    )


def test_the_first_rule_of_a_pattern_that_matches_takes_the_node() -> None:
    content = pattern(
        ("one", "a[@x]", "false()"), ("two", "a", "false()"), ("three", "a", "false()")
    )

    assert failures(content, '<r><a x=""/><a/></r>') == ["one", "two"]


def test_every_pattern_has_its_turn() -> None:
    content = pattern(("one", "a", "true()")) + pattern(("two", "a", "false()"))

    assert failures(content, "<r><a/></r>") == ["two"]


def test_a_context_without_value_leaves_the_node_to_the_next_rule() -> None:
    content = pattern(("one", "a[xs:decimal(.) = 1]", "false()"), ("two", "a", "false()"))

    assert failures(content, "<r><a>x</a><a>1</a></r>") == ["two", "one"]


def test_a_finding_tells_all_there_is() -> None:
    content = """<sch:pattern><sch:rule context="x:line"><sch:let name="sum" value="x:a + x:b"/>
      <sch:assert id="T-1" flag="warning" test="$sum = x:total and @unit = 'C62' and ../x:id"
        >Total of <sch:name/> is not <sch:value-of select="$sum"/>.</sch:assert>
    </sch:rule></sch:pattern>"""
    document = """<p:r xmlns:p="urn:x">
      <p:id>7</p:id><p:line/>
      <p:line unit="H">
        <p:a>1</p:a><p:b>2</p:b><p:total>4</p:total></p:line></p:r>"""

    found = check(content, document)[1]

    assert (found.ruleset, found.rule, found.flag) == ("rules", "T-1", "warning")
    assert found.message == "Total of p:line is not 3."
    assert (found.path, found.line) == ("/p:r/p:line[2]", 3)
    assert found.values == (("x:total", "4"), ("@unit", "H"), ("../x:id", "7"))
    assert found.error is None
    assert found.count == 2


def test_a_finding_about_an_error_tells_the_reason() -> None:
    (found,) = check(rule("a", "xs:decimal(b) = 1"), "<a><b>x</b></a>")

    assert found.error == "'x' is not a decimal number"
    assert found.message == "1 fails"


def test_a_message_without_value_is_told_without_it() -> None:
    content = """<sch:pattern><sch:rule context="a"><sch:assert id="t" test="false()"
      >Not <sch:value-of select="xs:decimal(.)"/>!</sch:assert></sch:rule></sch:pattern>"""

    assert check(content, "<a>x</a>")[0].message == "Not !"


def test_what_is_forbidden_is_told_where_it_is() -> None:
    (found,) = check(rule("/a", "not(b/c)"), "<a><b/><b>\n<c/></b></a>")

    assert (found.path, found.line) == ("/a/b[2]/c", 2)


def test_what_is_forbidden_is_one_finding_of_the_root_element() -> None:
    content = rule("/a", "not(//c)", "not(b/@d)", "not(*/c)")

    assert failures(content, '<a><b d=""><c/><c/></b><b d=""/></a>') == ["t2", "t1", "t3"]
    assert failures(content, "<e><a><c/></a></e>") == []


def test_the_rule_that_takes_the_root_is_the_only_one_that_forbids() -> None:
    content = pattern(("one", "/*[@x]", "true()"), ("two", "/a", "not(b)"))

    assert failures(content, "<a><b/></a>") == ["two"]
    assert failures(content, '<a x=""><b/></a>') == []


def test_findings_of_one_rule_are_capped_and_counted() -> None:
    found = check(rule("b", "false()", "@x"), "<a>" + "<b/>" * 300 + "</a>")

    assert len(found) == 2 * FINDINGS_PER_RULE
    assert {one.count for one in found} == {300}


def test_values_are_shortened() -> None:
    (found,) = check(rule("b", ". = ''"), f"<b>{'x' * 1000}</b>")

    assert found.values == ((".", "x" * 80),)


def test_findings_are_in_the_order_of_the_document() -> None:
    content = rule("c", "false()") + rule("b", "false()")

    assert [one.path for one in check(content, "<a><b/><c/><b/></a>")] == [
        "/a/b[1]",
        "/a/c",
        "/a/b[2]",
    ]


def test_rule_files_loaded_together_share_a_parse_and_keep_their_names() -> None:
    one = RuleFile("one", schematron("<sch:title>First</sch:title>" + rule("a", "false()")))
    other = RuleFile("other", schematron(rule("a", "b", "false()")))

    rules = RuleSet.load(one, other)

    assert [(each.ruleset, each.rule) for each in rules.check(b"<a/>")] == [
        ("one", "t1"),
        ("other", "t1"),
        ("other", "t2"),
    ]
    assert rules.titles == ("First", "")
    assert rules.rule_ids == ("t1", "t1", "t2")
    assert rules.files == (one, other)


def test_the_same_prefix_may_mean_another_namespace_in_another_file() -> None:
    here = schematron(rule("x:a", "false()"))
    there = here.replace(b'uri="urn:x"', b'uri="urn:y"').replace(b't1"', b't2"')

    rules = RuleSet.load(here, there)

    assert ids(rules.check(b'<a xmlns="urn:x"/>')) == ["t1"]
    assert ids(rules.check(b'<a xmlns="urn:y"/>')) == ["t2"]


def test_several_threads_use_the_same_rules() -> None:
    rules = RuleSet.load(schematron(rule("b", "sum(//b/xs:decimal(.)) * 0.1 = 0.3")))
    wrong: list[str] = []

    def work(value: str) -> None:
        body = f"<a><b>{value}</b></a>".encode()
        answers = [ids(rules.check(body)) for _ in range(200)]
        wrong.extend(value for one in answers if one != ([] if value == "3" else ["t1"]))

    threads = [threading.Thread(target=work, args=(value,)) for value in ("3", "4", "3", "5")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_does_not_matter(encoding: str) -> None:
    rules = RuleSet.load(schematron(rule("a", ". = 'caf\u00e9'")))

    body = f'<?xml version="1.0" encoding="{encoding}"?><a>caf\u00e9</a>'.encode(encoding)

    assert rules.check(body) == []
