"""Values in JavaScript, read without running anything: in one pass, in time that grows with their length.

Literals are read as they stand. Of an expression is read what it comes to by itself: the string in ``JsDecode('…')``
and in ``'…'.html(false)``, the number in ``'12' * 1``, the first of ``a || b`` that says something, the innermost of
``a = b = '…'``. What would have to be run to be known is `UNKNOWN`, and stands in no object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from crawler.sites.markup.js_tokens import NAME, REGEX, SPACE, STRING, skip_balanced, skip_value, string_value


class Unreadable(ValueError):
    """What stands there is no value of JavaScript."""


class Unknown:
    """A value that only running the script would tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

_DEEPEST: Final = 50
_LONGEST_HEAD: Final = 1000
"""Characters between the word ``function`` and its body."""
_DECODER: Final = json.JSONDecoder(strict=False)
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None}
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]{1,15}|(?:\d{1,300}\.?\d{0,300}|\.\d{1,300})(?:[eE][+-]?\d{1,3})?")
_SIMPLE: Final = re.compile(
    r"""\s*+(?:(?P<call>[A-Za-z]\w*+)\(\s*+)?(?P<string>'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+")(?(call)\s*+\))"""
    r"\s*+(?P<number>\*\s*+1\s*+)?(?=[,}\];])",
    re.S,
)
"""Nearly all values of a page's data: read at once, ten times as fast as by the way of all expressions."""
_ASSIGNED: Final = re.compile(r"(?:[A-Za-z_$][\w$]*+\s*+\.\s*+)*+[A-Za-z_$][\w$]*+\s*+=(?![=>])")
_ARROW: Final = re.compile(r"(?:async\s++)?(?:[\w$]++|\([^()]*+\))\s*+=>\s*+")
_OPERATOR: Final = re.compile(
    r"\|\||&&|\?\?|===?|!==?|<=|>=|>>>?|<<|[-+*/%](?![-+=])|<(?![=/!])|[|&^>](?!=)|(?:instanceof|in)(?![\w$])"
)
_PREFIX: Final = re.compile(r"(?:typeof|void|new|delete|await|yield)(?![\w$])|\+\+|--|[!~+-]")
_CODE: Final = re.compile(r"(?:async\s++)?function(?![\w$])|class(?![\w$])")
_TEMPLATE: Final = re.compile(r"`((?:[^`\\$]++|\\.|\$(?!\{))*+)`", re.S)
_ESCAPED_TWICE: Final = re.compile(r"\\x(5c|0d|22|26|27|3c|3e|0a)")
_KEEPING: Final = frozenset("html htmlDecode htmlEncode htmlLite replace slice toString trim valueOf".split())
"""Methods whose result says the same as what they are called on; what is escaped is decoded by whoever reads it."""
_LEVELS: Final = (("*", "/", "%"), ("+", "-"))


def read_value(text: str, at: int, without: frozenset[str] = frozenset()) -> tuple[Any, int]:
    """The value that begins at this position, and where it ends; lists, dictionaries, strings, numbers, `UNKNOWN`.

    ``without``: keys of an object that need not be read. Raises `Unreadable`.
    """
    at = _skip(text, at)
    if text[at : at + 1] in ("{", "["):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            pass
        else:
            if not _OPERATOR.match(text, after := _skip(text, end)) and text[after : after + 1] not in (".", "["):
                return value, end
    try:
        if without and text[at : at + 1] == "{":
            return _object(text, at + 1, 1, without)
        return _expression(text, at, 0)
    except IndexError as error:
        raise Unreadable("the text ends within a value") from error


def read_answer(text: str) -> dict[str, Any]:
    """The object that a text is, bare or in a JSONP call, whatever follows it; empty if it is none.

    Strings may stand in single quotes, as in the site's old ``.js`` files.
    """
    start = _JSONP.match(text)
    try:
        value, _ = read_value(text, start.end()) if start else (None, 0)
    except Unreadable:
        return {}
    return value if isinstance(value, dict) else {}


_JSONP: Final = re.compile(r"\s*(?:/\*.*?\*/\s*)?(?:[\w$.]+\s*\(\s*)?(?=[{\[])", re.S)


def _expression(text: str, at: int, depth: int) -> tuple[Any, int]:
    if (simple := _SIMPLE.match(text, at)) and (made := _FUNCTIONS.get(simple["call"] or "")):
        value = made(string_value(simple["string"]))
        return (_number(value) if simple["number"] else value), simple.end()
    if depth > _DEEPEST:
        raise Unreadable("nested too deep")
    at = _skip(text, at)
    if assigned := _ASSIGNED.match(text, at):
        return _expression(text, assigned.end(), depth + 1)
    if arrow := _ARROW.match(text, at):
        return _body(text, arrow.end(), depth)
    value, at = _operation(text, at, depth)
    after = _skip(text, at)
    if text[after : after + 1] != "?":
        return value, at
    first, at = _expression(text, after + 1, depth + 1)
    at = _expect(text, at, ":")
    second, at = _expression(text, at, depth + 1)
    if value is UNKNOWN:  # ``xml ? fromXml() : '…'``: what can be known is what the page states.
        return (first if second is UNKNOWN else second if first is UNKNOWN else UNKNOWN), at
    return (first if value else second), at


def _body(text: str, at: int, depth: int) -> tuple[Any, int]:
    """Past the body of an arrow function."""
    end = skip_balanced(text, at) if text[at] == "{" else _expression(text, at, depth + 1)[1]
    return UNKNOWN, end


def _operation(text: str, at: int, depth: int) -> tuple[Any, int]:
    """Operands and the operators between them, put together by rank."""
    value, at = _operand(text, at, depth)
    operands, operators = [value], []
    while operator := _OPERATOR.match(text, _skip(text, at)):
        value, at = _operand(text, operator.end(), depth)
        operands.append(value)
        operators.append(operator[0])
    return (_combined(operands, operators) if operators else value), at


def _combined(operands: list[Any], operators: list[str]) -> Any:
    for level in _LEVELS:
        operands, operators = _folded(operands, operators, level, _arithmetic)
    others = tuple(operator for operator in operators if operator not in ("&&", "||", "??"))
    operands, operators = _folded(operands, operators, others, _compared)
    operands, operators = _folded(operands, operators, ("&&",), _both)
    return _folded(operands, operators, ("||", "??"), _either)[0][0]


def _folded(
    operands: list[Any], operators: list[str], level: tuple[str, ...], meaning: Callable[[Any, str, Any], Any]
) -> tuple[list[Any], list[str]]:
    left, rest = [operands[0]], []
    for operator, operand in zip(operators, operands[1:], strict=True):
        if operator in level:
            left[-1] = meaning(left[-1], operator, operand)
        else:
            left.append(operand)
            rest.append(operator)
    return left, rest


def _arithmetic(left: Any, operator: str, right: Any) -> Any:
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        parts = (left, right)
        return "".join(map(str, parts)) if all(type(part) in (str, int) for part in parts) else UNKNOWN
    if operator == "*" and right == 1:
        return _number(left)
    return UNKNOWN


def _compared(left: Any, operator: str, right: Any) -> Any:
    if UNKNOWN in (left, right) or operator[:2] not in ("==", "!="):
        return UNKNOWN
    return (left == right) == (operator[0] == "=")


def _both(left: Any, operator: str, right: Any) -> Any:
    return left if left is UNKNOWN or not left else right


def _either(left: Any, operator: str, right: Any) -> Any:
    return left if left and left is not UNKNOWN else right


def _operand(text: str, at: int, depth: int) -> tuple[Any, int]:
    at = _skip(text, at)
    if prefix := _PREFIX.match(text, at):
        if depth > _DEEPEST:
            raise Unreadable("nested too deep")
        value, at = _operand(text, prefix.end(), depth + 1)
        return _prefixed(prefix[0], value), at
    value, at, name = _primary(text, at, depth)
    return _accessed(text, at, depth, value, name)


def _prefixed(prefix: str, value: Any) -> Any:
    if prefix == "!":
        return UNKNOWN if value is UNKNOWN else not value
    number = _number(value) if prefix in ("+", "-") else UNKNOWN
    return -number if prefix == "-" and isinstance(number, int | float) else number


def _primary(text: str, at: int, depth: int) -> tuple[Any, int, str]:
    """The value, where it ends, and the name that it is called by, where it is a name."""
    if read := _BY_FIRST_SIGN.get(text[at]):
        return *read(text, at, depth + 1), ""
    if number := _NUMBER.match(text, at):
        return _read_number(number[0]), number.end(), ""
    if code := _CODE.match(text, at):
        return UNKNOWN, skip_balanced(text, _brace(text, code.end())), ""
    if name := NAME.match(text, at):
        return _CONSTANTS.get(name[0], UNKNOWN), name.end(), name[0]
    raise Unreadable(f"no value at {at}")


def _group(text: str, at: int, depth: int) -> tuple[Any, int]:
    value, at = _expression(text, at + 1, depth)
    return value, _expect(text, at, ")")


def _template(text: str, at: int, depth: int) -> tuple[Any, int]:
    template = _TEMPLATE.match(text, at)
    return (string_value(template[0]), template.end()) if template else (UNKNOWN, skip_balanced(text, at))


def _pattern(text: str, at: int, depth: int) -> tuple[Any, int]:
    regex = REGEX.match(text, at)
    if regex is None:
        raise Unreadable(f"no value at {at}")
    return UNKNOWN, regex.end()


def _brace(text: str, at: int) -> int:
    """Where a function's body begins."""
    found = text.find("{", at, at + _LONGEST_HEAD)
    if found < 0:
        raise Unreadable(f"no body at {at}")
    return found


def _accessed(text: str, at: int, depth: int, value: Any, name: str) -> tuple[Any, int]:
    """What members and calls make of a value."""
    while True:
        after = _skip(text, at)
        char = text[after : after + 1]
        if char == "." or text.startswith("?.", after):
            value, at, name = _member_of(text, after + 1 + (char == "?"), value)
        elif char == "(":
            arguments, at = _array(text, after + 1, depth + 1, ")")
            made = _FUNCTIONS.get(name) if name and arguments else None
            value, name = (made(arguments[0]) if made else UNKNOWN), ""
        elif char == "[":
            value, at, name = UNKNOWN, skip_balanced(text, after), ""
        else:
            return value, after + 2 if text.startswith(("++", "--"), after) else at


def _member_of(text: str, at: int, value: Any) -> tuple[Any, int, str]:
    """What a member of a value is, where that ends, and what it is called."""
    member = NAME.match(text, _skip(text, at))
    if member is None:
        raise Unreadable(f"no member at {at}")
    end = member.end()
    if member[0] in _KEEPING and value is not UNKNOWN and text[end : end + 1] == "(":
        return value, skip_balanced(text, end), ""
    return (value.get(member[0], UNKNOWN) if isinstance(value, dict) else UNKNOWN), end, member[0]


def _object(text: str, at: int, depth: int, without: frozenset[str] = frozenset()) -> tuple[dict[str, Any], int]:
    if depth > _DEEPEST:
        raise Unreadable("nested too deep")
    found: dict[str, Any] = {}
    while text[at := _skip(text, at)] != "}":
        if text[at] == ",":
            at += 1
            continue
        key, at = _key(text, at)
        at = _skip(text, at)
        if text[at] == ":" and key not in without:
            value, at = _member(text, at + 1, depth)
            if value is not UNKNOWN:
                found[key] = value
        else:  # ``{name}``, ``{method() {…}}``, ``{...others}``, and what need not be read
            at = skip_value(text, at)
    return found, at + 1


def _array(text: str, at: int, depth: int, closing: str = "]") -> tuple[list[Any], int]:
    if depth > _DEEPEST:
        raise Unreadable("nested too deep")
    found: list[Any] = []
    while text[at := _skip(text, at)] != closing:
        if text[at] == ",":
            at += 1
            continue
        value, at = _member(text, at, depth)
        found.append(None if value is UNKNOWN else value)
    return found, at + 1


def _member(text: str, start: int, depth: int) -> tuple[Any, int]:
    """One value of an object or array; `UNKNOWN` where it is more than can be read, whatever it is."""
    try:
        value, at = _expression(text, start, depth)
        if text[_skip(text, at)] in ",}])":
            return value, at
    except Unreadable:
        pass
    end = skip_value(text, start)
    if end == start:
        raise Unreadable(f"no value at {start}")
    return UNKNOWN, end


def _key(text: str, at: int) -> tuple[str, int]:
    if text[at] in "'\"":
        return _string(text, at)
    if word := _KEY.match(text, at):
        return word[0], word.end()
    if text[at] == "[":
        return "", skip_balanced(text, at)
    raise Unreadable(f"no key at {at}")


_KEY: Final = re.compile(r"[\w$.+-]++")
"""Looser than the language: the site's own data have keys such as ``1.0`` and ``a-b``."""


def _string(text: str, at: int, depth: int = 0) -> tuple[str, int]:
    if found := STRING.match(text, at):
        return string_value(found[0]), found.end()
    raise Unreadable(f"a string without an end at {at}")


def _number(value: Any) -> Any:
    """What multiplying by one makes of a value."""
    if isinstance(value, str):
        return _read_number(value.strip()) if _NUMBER.fullmatch(value.strip()) else 0 if not value.strip() else UNKNOWN
    return value if isinstance(value, int | float) and not isinstance(value, bool) else UNKNOWN


def _read_number(text: str) -> int | float:
    if text.isdigit():
        return int(text)
    return int(text, 16) if text[:2] in ("0x", "0X") else float(text)


def _decoded_twice(value: Any) -> Any:
    r"""What WeChat's ``JsDecode`` does to a string: ``\x26`` that is still written so is decoded, too."""
    if not isinstance(value, str):
        return UNKNOWN
    return _ESCAPED_TWICE.sub(lambda escape: chr(int(escape[1], 16)), value) if "\\x" in value else value


def _the_same(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else UNKNOWN


_FUNCTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "": _the_same,
    "JsDecode": _decoded_twice,
    "htmlDecode": _the_same,
    "String": _the_same,
    "Number": _number,
    "parseInt": _number,
}


def _expect(text: str, at: int, char: str) -> int:
    at = _skip(text, at)
    if text[at] != char:
        raise Unreadable(f"no {char} at {at}")
    return at + 1


def _skip(text: str, at: int) -> int:
    # Asked for at every step; mostly there is nothing to skip.
    if text[at : at + 1] not in _MAY_BE_SKIPPED:
        return at
    found = SPACE.match(text, at)
    return found.end() if found else at


_MAY_BE_SKIPPED: Final = frozenset(" \t\n\r\f\v\xa0\u3000\u2028\u2029\ufeff/<")


_BY_FIRST_SIGN: Final[dict[str, Callable[[str, int, int], tuple[Any, int]]]] = {
    "'": _string,
    '"': _string,
    "{": lambda text, at, depth: _object(text, at + 1, depth),
    "[": lambda text, at, depth: _array(text, at + 1, depth),
    "(": _group,
    "`": _template,
    "/": _pattern,
}
