"""What holds for every id and every text: reading twice changes nothing, garbage is refused and nothing worse."""

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from crawler.sites.qq.addresses.forms import NotAnAddress, fetch_url, read_address

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
base36 = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=5)
digits6 = st.from_regex(r"[0-9]{6}", fullmatch=True)
capital = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
tails = st.sampled_from(["", "00", "05", "0I", "ZZ"])

modern_ids = st.builds(
    lambda day, letter, rest, tail: f"{day:%Y%m%d}{letter}{rest}{tail}",
    days,
    capital,
    base36,
    st.sampled_from(["", "00"]),
)
cms_ids = st.builds(
    lambda a, day, number, tail: f"{a}{day:%Y%m%d}{number}{tail}",
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    days,
    digits6,
    tails,
)
numeric_ids = st.builds(
    lambda day, number, tail: f"{day:%Y%m%d}{number}{tail}", days, digits6, st.sampled_from(["", "00", "07"])
)
old_ids = st.builds(
    lambda site, day, number: f"{site}-{day:%Y%m%d}-{number}",
    st.from_regex(r"[a-z0-9]{1,8}(?:[_-][a-z0-9]{1,8}){0,2}", fullmatch=True).filter(
        lambda site: (
            site not in {"new", "xw", "kuaibao", "kb", "coral", "gu", "v"}
            and not re.search(r"(?:^|_)(?:inews|match|weixin|wx)$", site)
        )
    ),
    days,
    digits6,
)
video_ids = st.from_regex(r"[a-z][0-9]{4}[a-z0-9]{6}", fullmatch=True)
any_id = modern_ids | cms_ids | numeric_ids | old_ids | video_ids


@given(any_id)
def test_reading_what_was_read_changes_nothing(text: str) -> None:
    address = read_address(text)
    for again in (address.id, address.url, fetch_url(address), address.url.replace("https:", "", 1)):
        assert read_address(again) == address


@given(any_id)
def test_ids_are_safe_as_file_names(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{11,120}", read_address(text).id)


@given(
    modern_ids | cms_ids | numeric_ids,
    st.sampled_from(
        [
            "https://new.qq.com/rain/a/{}",
            "http://news.qq.com/rain/a/{}/?from=x",
            "//view.inews.qq.com/k/{}#x",
            "https://xw.qq.com/cmsid/{}",
            "http://kuaibao.qq.com/s/{}",
            "https://new.qq.com/omn/{}.html",
            "https://new.qq.com/cmsn/20200101/{}.html",
        ]
    ),
)
def test_host_and_form_do_not_matter(text: str, form: str) -> None:
    assert read_address(form.format(text)) == read_address(text)


address_like = st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            [
                "https:",
                "//",
                "/",
                "new.qq.com",
                "xw.qq.com",
                "@",
                ":",
                "?",
                "id=",
                "#",
                "%",
                "[",
                "]",
                "a",
                "rain",
                "omn",
                ".html",
                "20250212A090WZ00",
                "TWF2020041300303000",
                "\u3000",
                "qqnews",
                "�",
            ]
        )
        | st.text(max_size=3),
        max_size=12,
    ),
)


@given(st.text() | address_like | st.from_regex(r"[A-Z0-9]{10,20}"))
def test_garbage_is_refused_or_read_steadily(text: str) -> None:
    try:
        address = read_address(text)
    except NotAnAddress:
        return
    assert read_address(address.url) == address
    assert read_address(address.id) == address
