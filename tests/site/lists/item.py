"""One article as the lists show it: the channel feed's item, and the app's older, flat one."""

from __future__ import annotations

from tests.site.channels import CHANNELS
from tests.site.story import Account, Story
from tests.site.world import heat
from tests.site.writing import abstract, plain_text

TYPES = {"video": "4"}


def app_address(story: Story) -> str:
    return f"https://view.inews.qq.com/a/{story.id}"


def feed_item(story: Story, *, in_card: bool = False) -> dict[str, object]:
    """The item of ``getPCList``. Inside a card its ``url`` is the app's address, else the PC page's."""
    share = app_address(story)
    summary = abstract(story)
    return {
        "id": story.id,
        "articletype": TYPES.get(story.layout, "0"),
        "title": story.title,
        "pic_style": 0,
        "publish_time": story.date,
        "pic_info": pictures(story),
        "link_info": {
            "share_url": share,
            "url": share if in_card else story.url,
            "short_url": share,
            "org_url": share,
        },
        "media_info": media(story.account),
        "interation_info": {
            "comment_id": story.comment_id,
            "commet_num": story.noise,
            "read_num": 26 + story.noise,
            "share_num": 2,
            "share_wechat_num": 2,
        },
        "doc_info": {"first_cate_id": "16", "first_cate_name": CHANNELS[story.channel][0]},
        "update_time": story.date,
        "news724_feature": None,
        "desc": summary,
        "safe_control": {"close_all_ad": 0, "political_option": "0", "pc_not_display": ""},
        "category": category(story),
        "declare": {},
        "pub_info": {"source": "1", "sub_source": "0"},
        "payment_info": {},
        "user_address": story.city,
        "cp_info": {"tnews_self_made": -1},
        "flag": {},
        "extra_property": {},
        "share_info": {"share_title": story.title, "share_subtitle": summary},
        "long_summary": plain_text(story)[:200],
    }


def pictures(story: Story) -> dict[str, object]:
    cover = story.cover
    return {
        "big_img": [f"{cover}_870492/0"],
        "small_img": [f"{cover}_294195/0"],
        "three_img": [f"{cover}_197130/0"],
        "ls_img_exp_type": "1",
        "ext": {size: f"{cover}_{size.replace('x', '')}/0" for size in ("196x130", "360x240", "330x330")},
        "share_img": f"{cover}_240240/0",
        "img_count": 1,
    }


def media(account: Account) -> dict[str, object]:
    return {
        "chl_id": account.chlid,
        "chl_name": account.name,
        "icon": account.icon,
        "sicon": account.icon,
        "mrk": account.motto,
        "last_art_update": "0",
        "encoded_suid": account.suid,
        "vip_type": "0",
        "vip_type_new": "0",
    }


def category(story: Story) -> dict[str, object]:
    short, name = CHANNELS[story.channel]
    return {
        "cate1_name": name,
        "cate1_en_name": short,
        "cate1_id": "20786087",
        "cate2_name": name,
        "cate2_id": "1",
    }


def flat_item(story: Story) -> dict[str, object]:
    """The item of the app's lists: hot ranking, account, search."""
    account = story.account
    return {
        "id": story.id,
        "articletype": TYPES.get(story.layout, "0"),
        "title": story.title,
        "longtitle": story.title,
        "url": app_address(story),
        "surl": app_address(story),
        "source": account.name,
        "chlname": account.name,
        "media_id": account.chlid,
        "abstract": abstract(story),
        "nlpAbstract": abstract(story),
        "time": story.date,
        "timestamp": int(story.published.timestamp()),
        "thumbnails": [f"{story.cover}_150120/0"],
        "thumbnails_qqnews": [f"{story.cover}_640330/0"],
        "miniProShareImage": f"{story.cover}_640640/0",
        "commentNum": story.noise,
        "readCount": heat(story) + story.noise,
        "card": {"chlid": account.chlid, "chlname": account.name, "suid": account.suid, "icon": account.icon},
    }
