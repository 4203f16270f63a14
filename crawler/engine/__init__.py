"""Start Scrapy and watch over it."""
