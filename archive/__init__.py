"""The archive: the vocabulary of an article, and the disk. Knows nothing of Scrapy or of time-tables."""
