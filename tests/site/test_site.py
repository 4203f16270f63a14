"""The loopback site: proxy, pages, world, log and command."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import zlib
from urllib.parse import urlsplit

import psutil
import pytest

from tests.site import Plan, Site, World
from tests.site.client import ask, ask_json
from tests.site.pages import page
from tests.site.site import ROOT, OrderRefusedError
from tests.site.story import MODERN, OLD, Layout, addresses_of

LAYOUTS: list[Layout] = sorted(set(MODERN + OLD))


def data_of(body: bytes) -> dict[str, object]:
    """``window.DATA``, read with a JSON decoder from its first brace."""
    text = body.decode()
    data: dict[str, object] = json.JSONDecoder().raw_decode(text, text.index("{", text.index("window.DATA = ")))[0]
    return data


def test_equal_plans_make_equal_pages_and_other_seeds_others() -> None:
    one, twin, other = (World(Plan(seed=seed, articles=120)) for seed in (3, 3, 4))
    assert one.ids == twin.ids
    assert [page(one.story(key), 400) for key in one.ids] == [page(twin.story(key), 400) for key in twin.ids]
    assert not {one.truth(key).body for key in one.ids} & {other.truth(key).body for key in other.of_layout("v2")}


def test_ids_never_meet_and_texts_are_short_and_long() -> None:
    world = World(Plan(articles=3000))
    assert len(set(world.ids)) == len(world) == 3000
    lengths = sorted(len(world.truth(key).body) for key in world.ids)
    assert lengths[300] < 300
    assert lengths[-1] > 3000


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_served_the_same_over_both_ways(site: Site, layout: Layout) -> None:
    story = site.world.story(site.world.of_layout(layout)[0])
    address = story.url.replace("new.qq.com", "news.qq.com")
    secret = ask(site, address)
    assert secret.status == 200
    assert secret.body == ask(site, address.replace("https:", "http:")).body == page(story, 400)


@pytest.mark.parametrize("layout", ["v2", "v1", "dom", "video", "static"])
def test_window_data_tells_the_truth(site: Site, layout: Layout) -> None:
    for key in site.world.of_layout(layout)[:9]:
        truth = site.world.truth(key)
        data = data_of(ask(site, f"https://news.qq.com/rain/a/{key}").body)
        assert (data["title"], data["pubtime"], data["cms_id"]) == (truth.title, truth.date, key)
        assert (data["media"], data["media_id"]) == (truth.media, truth.media_id)
        assert ("originContent" in data) == (layout in ("v2", "v1", "video"))


def test_a_classic_page_is_in_gb18030(site: Site) -> None:
    truth = site.world.truth(site.world.of_layout("classic")[0])
    answer = ask(site, truth.url)
    text = answer.body.decode("gb18030")
    assert answer.headers["content-type"] == "text/html; charset=GB2312"
    assert f"title: '{truth.title}'" in text
    assert 'id="Cnt-Main-Article-QQ"' in text
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode("utf-8")


def test_all_addresses_lead_to_the_same_page(site: Site) -> None:
    for layout in LAYOUTS:
        story = site.world.story(site.world.of_layout(layout)[1])
        for address in addresses_of(story):
            answer = ask(site, address)
            while answer.status in (301, 302):
                answer = ask(site, answer.headers["location"])
            assert answer.body == page(story, 400), address


def test_some_articles_moved_from_new_to_news(site: Site) -> None:
    statuses = {ask(site, f"http://new.qq.com/rain/a/{key}").status for key in site.world.of_layout("v2")[:12]}
    assert statuses == {200, 301}


def test_style_bytes_make_a_page_heavy() -> None:
    with Site(articles=30, style_bytes=75_000) as site:
        key = site.world.of_layout("v2")[0]
        assert len(ask(site, f"http://news.qq.com/rain/a/{key}").body) > 150_000


def test_what_is_not_there_is_sent_to_the_lost_children(site: Site) -> None:
    answer = ask(site, "https://new.qq.com/rain/a/20230101A0ZZZZ00")
    assert (answer.status, answer.headers["location"]) == (302, "https://www.qq.com/babygohome/?pgv_ref=apub")
    assert ask(site, answer.headers["location"]).status == 200
    assert ask(site, "https://xw.qq.com/cmsid/20230101A0ZZZZ00").headers["location"] == "https://xw.qq.com/404.html"
    assert ask(site, "https://tech.qq.com/a/20130101/000000.htm").status == 302


def test_pictures_are_valid_and_all_different(site: Site) -> None:
    bodies = set()
    for number in range(12):
        answer = ask(site, f"http://inews.gtimg.com/om_bt/Okey{number}/641")
        bodies.add(answer.body)
        if answer.headers["content-type"] == "image/jpeg":
            assert answer.body.startswith(b"\xff\xd8\xff")
            assert answer.body.endswith(b"\xff\xd9")
        else:
            assert png_is_whole(answer.body)
    assert len(bodies) == 12


def png_is_whole(body: bytes) -> bool:
    """Whether every chunk's checksum is right and the pixels are as many as the header says."""
    place, chunks = 8, {}
    while place < len(body):
        length, name = struct.unpack(">I4s", body[place : place + 8])
        data = body[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", body[place + 8 + length : place + 12 + length])
        if checksum != zlib.crc32(name + data):
            return False
        chunks[name] = data
        place += 12 + length
    return len(zlib.decompress(chunks[b"IDAT"])) == 8 * (1 + 8 * 3)


def test_certificates_hold_only_for_those_who_trust_the_authority(site: Site) -> None:
    proxy = urlsplit(site.proxy)
    with socket.create_connection((proxy.hostname, proxy.port or 0)) as raw:
        raw.sendall(b"CONNECT new.qq.com:443 HTTP/1.1\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 200")
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(raw, server_hostname="new.qq.com")


def test_the_environment_leads_an_ordinary_program_here(site: Site) -> None:
    script = "import urllib.request as u; print(u.urlopen('https://news.qq.com/robots.txt').read().decode())"
    environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, **site.environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("User-agent: *")


def test_robots_are_selectable_per_host(site: Site) -> None:
    site.robots("kuaibao.qq.com", "User-agent: *\nDisallow: /\n")
    assert ask(site, "https://kuaibao.qq.com/robots.txt").body == b"User-agent: *\nDisallow: /\n"
    assert b"Disallow: /\n" not in ask(site, "https://new.qq.com/robots.txt").body


def test_the_log_counts_by_host_and_time(site: Site) -> None:
    before = time.time()
    for _ in range(3):
        ask(site, "http://new.qq.com/robots.txt", headers={"User-Agent": "tester/1", "Referer": "https://a.example/"})
    ask(site, "https://news.qq.com/robots.txt?x=1")
    log = site.requests("new.qq.com")
    assert [(entry.path, entry.status, entry.user_agent, entry.referer) for entry in log] == [
        ("/robots.txt", 200, "tester/1", "https://a.example/")
    ] * 3
    assert before <= log[0].time <= log[1].time <= log[2].time <= time.time()
    assert [(entry.scheme, entry.host) for entry in site.requests(path="x=1")] == [("https", "news.qq.com")]
    site.forget_requests()
    assert site.requests() == []


def test_strangers_are_refused_or_baited_and_always_logged(site: Site) -> None:
    with pytest.raises(OSError, match="502"):
        ask(site, "https://www.example.com/")
    assert "不属于" in ask(site, "http://169.254.169.254/latest/").body.decode()
    assert [(entry.method, entry.host) for entry in site.requests()] == [
        ("CONNECT", "www.example.com"),
        ("GET", "169.254.169.254"),
    ]


def test_an_edit_changes_the_text_and_noise_does_not() -> None:
    with Site(articles=40) as site:
        key = site.world.of_layout("v2")[0]
        address = f"http://news.qq.com/rain/a/{key}"
        first, told = ask(site, address).body, site.world.truth(key)
        site.edit(key, "noise")
        assert ask(site, address).body != first
        assert site.world.truth(key) == told
        site.edit(key)
        edited = ask(site, address).body
        assert site.world.truth(key).body.startswith("更新：")
        assert edited == page(site.world.story(key), 400)
        site.edit(key, "title")
        assert site.world.truth(key).title != told.title
        assert site.world.truth(key).title in ask(site, address).body.decode()


def test_the_ways_to_be_gone_and_back() -> None:
    with Site(articles=60) as site:
        one, two, three = site.world.of_layout("v2")[:3]
        site.remove(one)
        site.remove(two, "notfound")
        site.remove(three, "is_deleted")
        assert "babygohome" in ask(site, f"https://news.qq.com/rain/a/{one}").headers["location"]
        assert "/notfound.htm?uri=https%3A" in ask(site, f"https://news.qq.com/rain/a/{two}").headers["location"]
        assert data_of(ask(site, f"https://news.qq.com/rain/a/{three}").body)["is_deleted"] == 1
        assert not {one, two, three} & set(site.world.of_layout("v2"))
        site.restore(one)
        assert ask(site, f"https://news.qq.com/rain/a/{one}").status == 200


def test_new_articles_are_newer_and_copies_say_the_same() -> None:
    with Site(articles=40) as site:
        newest = site.world.story(site.world.ids[0])
        fresh = site.publish(3)
        assert site.world.ids[:3] == fresh[::-1]
        assert all(site.world.story(key).published > newest.published for key in fresh)
        (copy,) = site.publish(copy_of=fresh[0])
        assert ask(site, f"http://news.qq.com/rain/a/{copy}").status == 200
        original, copied = site.world.truth(fresh[0]), site.world.truth(copy)
        assert copied.id != original.id
        assert (copied.title, copied.body, copied.author) == (original.title, original.body, original.author)


def test_an_order_that_makes_no_sense_is_refused(site: Site) -> None:
    with pytest.raises(OrderRefusedError, match="no fault 'flood'"):
        site.fault("qq.com", "flood")
    with pytest.raises(OrderRefusedError, match="a video"):
        site.edit(site.world.of_layout("video")[0])


def test_requests_sent_in_one_breath_are_answered_in_order(site: Site) -> None:
    proxy = urlsplit(site.proxy)
    asked = b"".join(b"GET http://new.qq.com/robots.txt?%d HTTP/1.1\r\n\r\n" % number for number in range(5))
    with socket.create_connection((proxy.hostname, proxy.port or 0)) as raw:
        raw.sendall(asked + b"GET http://new.qq.com/nothing HTTP/1.1\r\n\r\n")
        received = b""
        while b"404" not in received:
            received += raw.recv(65536)
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200"] * 5 + [b"404"]


def test_many_at_once(site: Site) -> None:
    keys = site.world.of_layout("v2")[:40]
    threads = [threading.Thread(target=ask, args=(site, f"https://news.qq.com/rain/a/{key}")) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.path for entry in site.requests("news.qq.com")) == sorted(f"/rain/a/{key}" for key in keys)


def test_the_server_ends_with_its_owner() -> None:
    script = (
        "import os; from tests.site import Site; "
        "site = Site(articles=5).__enter__(); print(site.pid, flush=True); os._exit(1)"
    )
    owner = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    psutil.wait_procs([psutil.Process(int(owner.stdout))] if psutil.pid_exists(int(owner.stdout)) else [], timeout=10)
    assert not psutil.pid_exists(int(owner.stdout))


def test_the_command_says_how_to_get_there_and_stops_when_interrupted() -> None:
    command = [sys.executable, "-m", "tests.site", "--articles", "5"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(7)]
        settings = dict(line.removeprefix("export ").split("=", 1) for line in lines[2:])
        assert settings["http_proxy"] == settings["HTTPS_PROXY"] == lines[0].split()[1]
        assert settings["SSL_CERT_FILE"] == lines[1].split()[1]
        site = Site()
        site.proxy, site.ca_file = settings["http_proxy"], settings["SSL_CERT_FILE"]
        assert ask(site, "https://news.qq.com/robots.txt").status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_an_article_can_be_mistaken_for_another(site: Site) -> None:
    one, other = (key for key in site.world.of_layout("v2")[:2])
    address = "https://news.qq.com/rain/a/"
    site.mistake(one, other)
    assert ask(site, address + one).body == ask(site, address + other).body
    simple = "https://r.inews.qq.com/getSimpleNews?id="
    assert ask_json(site, simple + one) == ask_json(site, simple + other)
    site.mistake(one, None)
    assert one.encode() in ask(site, address + one).body
    assert ask_json(site, simple + one)["id"] == one


def test_the_interface_gives_the_text_of_what_is_there(site: Site) -> None:
    (one,) = site.world.of_layout("v2")[:1]
    simple = "https://r.inews.qq.com/getSimpleNews?id="
    assert ask_json(site, simple + one)["title"] == site.world.story(one).title
    assert ask_json(site, simple + "20260101A00NONE00")["ret"] == 404
    site.remove(one)
    assert ask_json(site, simple + one)["ret"] == 404
    site.restore(one)
