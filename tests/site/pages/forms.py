"""Sixty pages of one host, as a crawl meets them: twenty articles of every form, forty that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.site.pages import account

LINK = f"http://mp.weixin.qq.com/s?__biz={account.BIZ}&amp;mid=2650000001&amp;idx=1&amp;sn=0123456789abcdef"
GONE_WORDS = (
    "该内容已被发布者删除",
    "此内容因违规无法查看",
    "此帐号已被屏蔽, 内容无法查看",
    "此帐号已自主注销，内容无法查看",
    "该公众号已迁移",
    "根据作者隐私设置，无法查看该内容",
    "链接已过期",
    "該內容已被發佈者刪除",
    "此內容因違規無法查看",
    "The content has been deleted by the author.",
    "This content has been removed by the publisher",
    "Unable to view this content because it violates regulations",
    "This Official Account has been suspended",
    "This content is no longer available.",
    "この内容は投稿者により削除されました",
    "작성자가 콘텐츠를 삭제했습니다",
    "Автор удалил этот материал",
    "Este contenido ha sido eliminado por el autor",
    "Ce contenu a été supprimé par son auteur",
    "Dieser Inhalt wurde vom Autor gelöscht",
    "Konten ini telah dihapus oleh penulis",
    "Nội dung này đã bị xóa",
    "เนื้อหานี้ถูกลบแล้ว",
    "تم حذف هذا المحتوى",
)
KEYS = [f"sixty-forms-of-pages{number:02}" for number in range(60)]
LOREM = "<div>改版以后的文字放在别处。</div>" * 30


class Form(NamedTuple):
    """A page, and what is to become of it: kept, gone, unreadable (of no known layout), thin."""

    body: bytes
    outcome: str
    status: int = 200


def forms() -> dict[str, Form]:
    """The pages by their keys, good ones among the others."""
    good, others = list(_good()), [*_gone(), *_strange()]
    mixed = [page for n, one in enumerate(good) for page in (others[2 * n], one, others[2 * n + 1])]
    return {key: _named(key, page) for key, page in zip(KEYS, mixed, strict=True)}


def _named(key: str, form: Form) -> Form:
    """The page as it calls itself by the key that it is asked by."""
    return form._replace(body=form.body.replace(account.KEY.encode(), key.encode()))


def message(words: str) -> bytes:
    """A page that holds a message and nothing else."""
    box = f'<div class="weui-msg"><div class="weui-msg__text-area"><h2 class="weui-msg__title">{words}</h2></div></div>'
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title></title></head><body>{box}</body></html>'.encode()


def _gone() -> Iterator[Form]:
    for words in GONE_WORDS:
        yield Form(message(words), "gone")
    yield Form(message("").replace(b"</body>", b'<script src="/js/assets/del.a1b2.js"></script></body>'), "gone")
    panel = '<div class="panel"><div class="mesg-block"><p>该内容暂时无法查看</p></div></div>'
    yield Form(f"<html><head><title>该内容暂时无法查看</title></head><body>{panel}</body></html>".encode(), "gone")
    yield Form(b"", "gone", 404)
    yield Form(b"gone", "gone", 410)


def _strange() -> Iterator[Form]:
    yield Form(b"<html><head><title></title></head><body></body></html>", "thin")
    yield Form(message("Lorem ipsum dolor sit amet"), "thin")
    yield Form(message("系统出错"), "thin")
    yield Form(message("请在微信客户端打开链接"), "thin")
    yield Form(b"<html><body><h1>502 Bad Gateway</h1></body></html>", "thin")
    yield Form(b'{"code": 7, "message": "?"}', "thin")
    yield Form(b"bad request", "thin", 400)
    yield Form(account.article("<p>灯亮着。</p>").partition("灯亮着".encode())[0], "thin")
    yield Form(f"<html><head><title>新版</title></head><body>{LOREM}</body></html>".encode(), "unreadable")
    yield Form(
        f"<html><body>{LOREM}<p>系统出错，请输入验证码，该内容已被发布者删除。</p></body></html>".encode(), "unreadable"
    )
    yield Form(account.article(""), "unreadable")
    yield Form(account.article("<p>，</p>"), "unreadable")


def _good() -> Iterator[Form]:
    pictures = [f"https://mmbiz.qpic.cn/{number}/0" for number in range(3)]
    video = {"video_page_info": {"video_id": "wxv_123456789"}}
    for number in range(5):
        part = "" if number else "<mp-poll-of-tomorrow></mp-poll-of-tomorrow>"
        yield Form(account.article(f"<p>第{number}盏灯亮了。</p>{part}"), "kept")
        yield Form(account.text_post(f"第{number}天停航。\n明天再说。"), "kept")
    for number in range(3):
        yield Form(account.picture_post(f"第{number}组灯。", pictures[: number + 1]), "kept")
        yield Form(account.share_page(f"第{number}次推荐。", link=LINK), "kept")
    yield Form(account.article('<mp-common-videosnap data-nickname="渡口晚报"></mp-common-videosnap>'), "kept")
    yield Form(account.article('<svg style="background-image:url(https://mmbiz.qpic.cn/9/640)"></svg>'), "kept")
    yield Form(account.page("", account.statement(account.data(item_show_type=5, **video))), "kept")
    yield Form(account.page("", account.statement(account.data(content_noencode="<p>脚本里的灯。</p>"))), "kept")
