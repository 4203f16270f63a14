"""What scripts state: values are read without running anything, and only where a statement gives them."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.sites.markup.javascript import Scripts
from crawler.sites.markup.js_literals import UNKNOWN, Unreadable, read_answer, read_value
from tests.site.pages.account import BUNDLE, literal
from tests.tools.fuzz.runner import in_time


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("'渡口' || ''", "渡口"),
        ("'' || \"\" || '1'", "1"),
        ("window.boat || '渡船'", "渡船"),
        ("window.title = document.title = '渡口\\n的灯'", "渡口\n的灯"),
        ("'1741500000' * 1", 1741500000),
        ("'' * 1 || 0", 0),
        ("'渡口'.html(false)", "渡口"),
        ('htmlDecode("a&amp;b")', "a&amp;b"),
        ("JsDecode('\\x3cb\\x3e\\x0a\\x22')", '<b>\n"'),
        ("JsDecode('\\\\x26')", "&"),
        ("xml ? getXmlValue('title.DATA') : '渡口'", "渡口"),
        ("(xml ? getXmlValue('nick_name.DATA') : '渡口').html(false)", "渡口"),
        ("'' ? 1 : 2", 2),
        ("'a' == 'b' ? 1 : 2", 2),
        ("'https:' + '//x'", "https://x"),
        ("'a' + location.href", UNKNOWN),
        ("(+new Date())", UNKNOWN),
        ("function () { return '}'; }", UNKNOWN),
        ("x => ({a: 1})", UNKNOWN),
        ("[{a: 1,}, 'b',].slice(0, 20)", [{"a": 1}, "b"]),
        ("'\\ud83d\\ude00\\u{1F600}'", "😀😀"),
        ("'a\\\nb'", "ab"),
        ("`渡口`", "渡口"),
        ("0x1F", 31),
        ("-1.5", -1.5),
        ("[1, /[,'\"]\\//g, 2]", [1, None, 2]),
        ("{a: 1} || 2", {"a": 1}),
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
    ],
)
def test_an_expression_is_read_as_what_it_comes_to(code: str, value: Any) -> None:
    assert read_value(f"{code};\nvar later = 1;", 0)[0] == value


def test_what_cannot_be_known_stands_in_no_object() -> None:
    code = """{ // a comment
        first: '1', 'a-b': "2", 3: [ ], run: function () { if (a) { return /[}]'/; } return "}"; },
        method(x) { return {}; }, shorthand, ...others, [computed + 1]: 'c', mixed: `t${ {x: '}'} }`,
        id: 'h' ? (('h'.match(/[0-9]{8,}/)) ? ('h'.match(/x/))[0] : '') : '', /* , } */
        image: "//pic" || (window.location.protocol + "//" + window.location.host), last: JsDecode('末')
    }"""
    value, end = read_value(code, 0)
    assert end == len(code)
    assert {key: value[key] for key in ("first", "a-b", "3", "image", "last")} == {
        "first": "1",
        "a-b": "2",
        "3": [],
        "image": "//pic",
        "last": "末",
    }
    assert "run" not in value
    assert "shorthand" not in value


def test_keys_that_need_not_be_read_cost_nothing_else() -> None:
    code = "{long: JsDecode(', }\\x22'), a: {long: 1}, b: 2}"
    assert read_value(code, 0, frozenset({"long"}))[0] == {"a": {"long": 1}, "b": 2}


@pytest.mark.parametrize("code", ["", "{a: ", "'open", "{a: [1, 2}", ")", "[" * 200, "{a:" * 200, "(" * 200])
def test_what_is_no_value_is_refused(code: str) -> None:
    with pytest.raises(Unreadable):
        read_value(code, 0)


@pytest.mark.parametrize(
    "code",
    [
        "[" * 100_000,
        "{a:" * 300_000,
        "{a: b c, " * 100_000,
        "['" * 300_000,
        "[/(" * 30_000,
        "[/[" * 30_000,
        "[`${" * 60_000,
        "[function," * 30_000,
        "a ? b : " * 100_000,
        "a || " * 40_000,
        "!" * 100_000,
        "[(a) => " * 30_000,
        "x." * 300_000,
        "a || function () { window.DATA = " * 2_000 + "}" * 2_000,
        "a || (function () { DATA = " * 6_000,
        "/*" * 300_000,
    ],
)
def test_hostile_values_end_in_time(code: str) -> None:
    def read() -> None:
        with contextlib.suppress(Unreadable):
            read_value(code, 0)

    in_time(read)
    in_time(lambda: Scripts(f"<script>DATA = {code}</script>").data())
    in_time(lambda: Scripts(f"<script>{'window.DATA = ' + code[:9]}{code}</script>").data())


TEXTS = st.text("灯é😀a \\'\"\n\r&<>{}[]:,;*/`$", max_size=12)
KEYS = st.sampled_from(("title", "a_b", "x", "list", "content_noencode", "if"))
DATA = st.recursive(
    st.one_of(TEXTS, st.integers(0, 10**12), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, DATA, max_size=4))
def test_data_come_back_as_they_were_written(stated: dict[str, Any]) -> None:
    assert read_value(literal(stated), 0)[0] == stated


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text("{}[]()'\"`\\/*+-=?:,.|&<>!$ \nabx1", max_size=60))
def test_no_text_breaks_the_reading(code: str) -> None:
    with contextlib.suppress(Unreadable):
        read_value(code, 0)
    page = f"<script>{code}</script><p title='{code}'><script>var boat = 1; {code}; window.boat = 2"
    assert Scripts(page).value("boat", int) in (0, 1, 2)


def test_answers_are_read_bare_and_in_calls() -> None:
    assert read_answer("/*x*/ call_1({'a': 'b'});") == {"a": "b"}
    assert read_answer('{"a": 1} trailing') == {"a": 1}
    assert read_answer("no answer") == {}


def said(page: str, name: str = "boat") -> list[Any]:
    return [one.value for one in Scripts(page).assigned(name)]


@pytest.mark.parametrize(
    "script",
    [
        "var boat = '渡船';",
        "let a = 1, boat = '渡船', c;",
        "window.boat='渡船'",
        "x = 1\nboat = '渡船'\n",
        "window.other = window.boat = '渡船';",
        "if (true) { boat = '渡船'; }",
        "(function (_g) { _g.boat = xml ? get('boat') : '渡船'; })(window);",
        "function load() { window . boat = '渡船'; }",
        "<!--\nvar boat = '渡船';\n//-->",
        "var tpl = `a ${ {b: '}'} } c`; var re = /['\"{]/; var n = 4 / 2 / 1; boat = '渡船';",
        "var s = 'it\\'s {'; /* { */ // {\nvar boat = \"渡船\"",
    ],
)
def test_a_statement_is_read(script: str) -> None:
    assert said(f"<html><script>{script}</script></html>") == ["渡船"]


@pytest.mark.parametrize(
    "page",
    [
        "<p>var boat = '渡船';</p>",
        "<!-- <script>var boat = '渡船';</script> -->",
        "<p data-code=\"<script>var boat = '渡船';</script>\">x</p>",
        "<textarea><script>var boat = '渡船';</script></textarea>",
        "<title><script>var boat = '渡船';</script></title>",
        "<script type='application/json'>var boat = '渡船';</script>",
        "<script type=text/x-template>var boat = '渡船';</script>",
        "<script>var other = \"boat = '渡船'\";</script>",
        "<script>var other = 'a\\'; boat = \"渡船\"';</script>",
        "<script>// boat = '渡船'\n/* boat = '渡船' */</script>",
        "<script>var re = /boat = '渡船'/; var tpl = `boat = '渡船'`;</script>",
        "<script>function f() { var boat = '渡船'; }</script>",
        "<script>const f = () => { let boat = '渡船'; };</script>",
        "<script>var o = {boat: '渡船'}; o.boat = '渡船'; f().boat = '渡船'; ferryboat = '渡船';</script>",
        "<script>function f(boat = '渡船') {} if (boat == '渡船') {} boat === '渡船';</script>",
        "<script>boat = load('渡船');</script>",
    ],
)
def test_what_is_no_statement_states_nothing(page: str) -> None:
    assert said(f"<html><body>{page}</body></html>") == []


def test_bundles_are_passed_over_save_for_what_they_give_to_the_window() -> None:
    code = "var boat = '假的'; o = {boat: '假的'};\n" * 2000
    page = f"<script>(function () {{ {code} window.boat = '渡船'; }})();</script>"
    assert said(page) == ["渡船"]
    assert said(f"<script>function f() {{ {code} }} var boat = '渡船';</script>") == ["渡船"]


def test_what_stands_outside_of_functions_comes_first() -> None:
    page = "<script>function f() { window.boat = '旧船'; }</script><script>var boat = '渡船';</script>"
    assert said(page) == ["渡船", "旧船"]


def test_the_data_of_a_page_may_hold_the_end_of_a_script() -> None:
    found = Scripts('<script>window.DATA = {"text": "</script>"};</script>').data()
    assert found is not None
    assert found.value == {"text": "</script>"}


def test_upper_case_and_unclosed_elements_are_read_as_browsers_do() -> None:
    assert said("<SCRIPT LANGUAGE=JavaScript>var boat = 1</SCRIPT><script>var boat = 2") == [1, 2]
    assert said("<p title='a>b' alt=\"<script>\">x<script>var boat = 3</script >") == [3]


def test_the_code_before_a_page_s_data_states_nothing() -> None:
    names = ("nickname", "nick_name", "msg_title", "ct", "biz", "__biz", "author")
    assert Scripts(BUNDLE).assigned(*names) == ()
