"""The crawler: the only room that talks to the web and the only one that knows Scrapy."""
