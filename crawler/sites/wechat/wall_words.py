"""The words of WeChat's messages in the languages of its clients."""

from __future__ import annotations

import re
from typing import Final

_ACCOUNT: Final = r"(?:此|该|該)?(?:帐号|账号|帳號|公众号|公眾號|賬號)"


def _any_of(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.I)


BLOCKED: Final = _any_of(
    "环境异常|環境異常|完成验证|完成驗證|去验证|去驗證|验证码|驗證碼|系统繁忙|系統繁忙",
    "(?:访问|訪問|操作)(?:过于|過於)?(?:频繁|頻繁)",
    "(?:environment|network) (?:is )?abnormal|abnormal (?:network )?environment|unusual (?:traffic|activity)",
    "(?:complete|pass) (?:the )?verification|verify (?:that )?you|captcha|verification code",
    "too (?:many requests|frequent(?:ly)?|often)|(?:operations?|requests?|visits?) (?:are |is )?(?:too )?frequent",
)
"""A refusal that concerns the whole host: it wants a human, or fewer requests."""

REMOVED: Final = _any_of(
    # Chinese, simplified and traditional.
    "已被(?:发布者|發佈者|發布者|作者|发送人|發送人)?(?:删除|刪除|移除)",
    "因(?:违规|違規)(?:已被?)?(?:无法查看|無法查看|删除|刪除|不可查看)|涉嫌(?:违规|违反|侵|違規|違反)",
    "(?:违反|違反).{0,20}(?:规定|規定|法律)",
    rf"{_ACCOUNT}已(?:被|自主)?(?:屏蔽|封鎖|封锁|注销|註銷|迁移|遷移|封|冻结|凍結|停用)",
    "(?:隐私|隱私)(?:设置|設定|設置)|(?:发送失败|發送失敗)(?:无法|無法)查看|(?:链接|連結|鏈接)已(?:过期|過期|失效)",
    "(?:内容|內容)不存在|(?:无法|無法)查看(?:该|此|該)?(?:内容|內容)|(?:参数|參數)(?:错误|錯誤)",
    "(?:内容|內容|文章)(?:暂时|暫時)?(?:无法|無法|不能)(?:查看|显示|顯示|訪問|访问)",
    # English.
    "(?:has|have|was|were) (?:been )?"
    "(?:deleted|removed|blocked|banned|suspended|deactivated|disabled|migrated|taken down)",
    "(?:can ?not|can['’]t|unable to|not able to) (?:be )?(?:view|open|display|access)",
    "no longer (?:available|exists?|accessible)|(?:un|not )available|does(?: not|n['’]t) exist|page not found",
    "violat|privacy settings|(?:link|page|content) (?:has )?expired|invalid (?:link|parameters?)",
    # Other languages in which WeChat has clients: the stems of deleting, forbidding, being out of reach.
    "削除|規約違反|表示できません|삭제|위반|볼 수 없",
    "удал|наруш|недоступ|usunięt|narusza|silindi|kaldırıldı|ihlal",
    "eliminad|suprim|infring|no disponible|eliminat|rimoss|exclu[ií]d|removid|apagad|indispon[ií]vel",
    "supprim|indisponible|gelöscht|entfernt|nicht verfügbar|verstöß",
    "dihapus|dipadam|melanggar|tidak tersedia|bị x[óo][áa]|đã x[óo][áa]|vi phạm|ถูกลบ|ละเมิด",
    "حذف|تمت إزالة|انتهاك|हटा दिय|उल्लंघन|נמחק|הוסר",
)
"""What concerns this article alone: it is gone, forbidden, hidden, or cannot be viewed."""
