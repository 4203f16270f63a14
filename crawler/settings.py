"""Every Scrapy setting this crawler relies on, each with its reason; and the order of all steps."""

from __future__ import annotations

import os
from importlib.metadata import version


def user_agent(contact: str) -> str:
    """The honest name: what we are, and whom to write to."""
    return f"qqnews/{version('qqnews')}" + (f" (+{contact})" if contact else "")


# --- who we are ---------------------------------------------------------------------------------------------

BOT_NAME = "qqnews"
SPIDER_MODULES = ["crawler.spiders"]

QQNEWS_DATA = os.environ.get("QQNEWS_DATA", "")
"""Directory of the archive. Empty: nothing is remembered or kept, items only go where ``-O`` sends them."""

QQNEWS_CONTACT = os.environ.get("QQNEWS_CONTACT", "")
"""An address or a page by which the site's keepers reach whoever runs this crawler."""

USER_AGENT = user_agent(QQNEWS_CONTACT)
# Rules for us are looked up under the bare name, not under the name with version and contact.
ROBOTSTXT_USER_AGENT = "qqnews"

# --- manners ------------------------------------------------------------------------------------------------

# By middlewares.robots: Scrapy's own step lets all but the first of those who wait for the rules through.
ROBOTSTXT_OBEY = True
# One request at a time and host, and a pace between them: both are kept by middlewares.pace.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_REQUESTS = 16
# Scrapy's own delay knows one process only. Ours is QQNEWS_DELAY.
DOWNLOAD_DELAY = 0

QQNEWS_DELAY = 1.0
"""Seconds between two requests to one host, at least. 0 turns the pace off (for a site of one's own)."""

QQNEWS_LONGEST_DELAY = 30.0
"""Seconds: the pace follows the server's answer time, but no further than this."""

QQNEWS_PATIENCE = 45.0
"""Seconds a run waits for a host that named a short rest, or for a link that is to be tried again."""

QQNEWS_LEASE = float(os.environ.get("QQNEWS_LEASE", "30"))
"""Seconds a link is ours. Renewed while we live; after a crash it is anybody's when they are over."""

QQNEWS_PAGES = 10
"""Pages asked of one source, parts of a site map included. 0: until nothing new comes."""

QQNEWS_DEEPEST = int(os.environ.get("QQNEWS_DEEPEST", "50"))
"""Pages asked of a source at most where an earlier poll left a gap that deeper paging may close."""

QQNEWS_RUN_ID = 0
"""Number of this run in the archive's table ``runs``; 0: it has none."""

QQNEWS_BEGUN = 0.0
"""Unix time at which this run began, whichever of its spiders is at work; 0: with this one."""

QQNEWS_LADDER = os.environ.get("QQNEWS_LADDER", "1h 6h 1d 3d 7d 30d")
"""Ages at which an article is looked at again (m, h, d), see archive.article.recheck_schedule. Empty: never."""

QQNEWS_REFETCH = False
"""Whether listed articles are fetched again although they are known."""

QQNEWS_DRY_RUN = False
"""Whether links are only shown, not remembered."""

# --- evidence -----------------------------------------------------------------------------------------------

QQNEWS_RAW = True
"""Whether every page and list answer is kept as a raw capture before it is read."""

QQNEWS_RAW_FILE_BYTES = 256 * 1024 * 1024
"""A file of captures that is larger is closed, and another one begun; so it is at midnight UTC."""

QQNEWS_PICTURE_BYTES = 10 * 1024 * 1024
"""A larger picture is not kept. Those of articles are 20 to 900 kB, a long animation is 5 MB."""

QQNEWS_JOB = "scrapy"
"""What this run is called in the names of its files and in its captures."""

# Sessions would make us one visitor with a history. The site needs none.
COOKIES_ENABLED = False
# A redirect of a page is a fact about the article (moved, removed): spiders.article judges it.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
REFERER_ENABLED = False
DEFAULT_REQUEST_HEADERS = {"Accept": "text/html,application/json,*/*;q=0.8", "Accept-Language": "zh-CN,zh"}

# --- bounds -------------------------------------------------------------------------------------------------

# Holds for the answer as sent and as unpacked, so that a compression bomb ends here. Pages are 60 to 900 kB.
DOWNLOAD_MAXSIZE = 20 * 1024 * 1024
DOWNLOAD_WARNSIZE = 8 * 1024 * 1024
# From the first byte asked to the last byte read; a server that drips does not hold us for ever.
DOWNLOAD_TIMEOUT = 60
# A page that ends before its announced length is no page.
DOWNLOAD_FAIL_ON_DATALOSS = True
# One response yields one item or a list: 100 workers for each, Scrapy's default, halve its speed.
CONCURRENT_ITEMS = 8
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 64 * 1024 * 1024
DEPTH_STATS_VERBOSE = False

# --- safety -------------------------------------------------------------------------------------------------

# Scrapy's default trusts any certificate.
DOWNLOAD_VERIFY_CERTIFICATES = True
# Both run code inside the crawler for whoever connects; Scrapy turns them on.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
# Only the web: no file:, data:, ftp: or s3: address reaches a handler.
DOWNLOAD_HANDLERS = {
    "http": "crawler.net.download.DownloadHandler",
    "https": "crawler.net.download.DownloadHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}

# --- engine -------------------------------------------------------------------------------------------------

# A plain asyncio loop: several spiders one after another in one process, which a Twisted reactor cannot do.
TWISTED_REACTOR_ENABLED = False
# A setback is counted and stands in the report; in the log a line is enough.
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"
# Scrapy's own writes every dropped item out, text and all.
LOG_FORMATTER = "crawler.recording.json_log.LogFormatter"
# A log is read beside others, of machines and programs in other zones.
LOG_DATEFORMAT = "%Y-%m-%d %H:%M:%S%z"
# Links are unique in the archive; a link that is tried again must not be swallowed as a duplicate.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# Every answer reaches the spider: 404, 567 and redirects are named outcomes, not noise.
HTTPERROR_ALLOW_ALL = True
# For lists only (pages carry dont_retry: the frontier retries them, also in later runs).
RETRY_ENABLED = True
RETRY_TIMES = 2
# 429, 501, 503 and 567 are missing on purpose: they mean "stay away", see middlewares.rest.
RETRY_HTTP_CODES = [500, 502, 504, 408, 522, 524]
# What crawler.download raises. Scrapy's own list loads its HTTP client, which nothing here uses, and 0.1 s.
RETRY_EXCEPTIONS = [
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.DownloadTimeoutError",
    "scrapy.exceptions.ResponseDataLossError",
    # An empty answer that says it is compressed.
    OSError,
]
RETRY_GIVE_UP_LOG_LEVEL = "WARNING"
# Reads and parses the source of our callbacks for every response, a fifth of the time.
WARN_ON_GENERATOR_RETURN_VALUE = False
# Scrapy's watch for memory writes to the log only, and it has its own timer.
MEMUSAGE_ENABLED = False
LOGSTATS_INTERVAL = 0
LOG_LEVEL = "INFO"
# Scrapy's own writes every dropped item out, text and all.
LOG_FORMATTER = "crawler.recording.json_log.LogFormatter"
FEED_EXPORT_ENCODING = "utf-8"

# --- the order of all steps ---------------------------------------------------------------------------------

EXTENSIONS = {
    "crawler.recording.archive_writer.ArchiveWriterExtension": 0,
}

DOWNLOADER_MIDDLEWARES = {
    # towards the spider
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.middlewares.offsite.OffsiteMiddleware": 10,
    # It takes its time, and must not hold up the news of a refusal: so it stands after the step that notes it.
    "crawler.middlewares.capture.CaptureMiddleware": 40,
    "crawler.middlewares.host_backoff.HostBackoffMiddleware": 50,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": 550,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    "crawler.middlewares.throttle.ThrottleMiddleware": 900,
    # towards the site
}

SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}

ITEM_PIPELINES = {
    "crawler.pipelines.queue_links.QueueLinks": 100,
    "crawler.pipelines.record_polls.RecordPolls": 150,
    "crawler.pipelines.parse_pages.ParsePages": 200,
    "crawler.pipelines.archive_articles.ArchiveArticles": 300,
    "crawler.pipelines.archive_pictures.ArchivePictures": 400,
    "crawler.pipelines.feed_export.FlattenForFeedExport": 900,
}
