"""WeChat public-account articles (mp.weixin.qq.com): addresses, and the page's layout with its walls."""
