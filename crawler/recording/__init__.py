"""What a crawl writes: articles, captures, its report and log."""
