"""Pure parsing, one package per site: a function of (bytes, url). No Scrapy, no clock, no disk."""
