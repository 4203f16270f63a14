"""Every command: where it is, and what it does in a line. Modules are named, not imported."""

from __future__ import annotations

from typing import Final

COMMANDS: Final = {
    "crawl": "crawler.cli.crawl:crawl",
    "parse": "crawler.cli.parse:parse",
    "recheck": "crawler.cli.recheck:recheck",
    "media": "crawler.cli.media:media",
    "ingest": "crawler.cli.crawl:ingest",
    "links": "archive.cli.links:links",
    "list": "archive.cli.articles:list_articles",
    "show": "archive.cli.articles:show",
    "diff": "archive.cli.articles:diff",
    "search": "archive.cli.search:search",
    "duplicates": "archive.cli.duplicates:duplicates",
    "stats": "archive.cli.articles:stats",
    "export": "archive.cli.export:export_group",
    "render": "archive.cli.render:render",
    "reextract": "crawler.cli.reextract:reextract",
    "schedule": "schedules.cli.schedule:schedule",
    "status": "schedules.cli.status:status",
    "doctor": "crawler.cli.doctor:doctor",
    "verify": "archive.cli.maintenance:verify",
    "repair": "archive.cli.maintenance:repair",
    "takedown": "archive.cli.maintenance:takedown",
    "backup": "archive.cli.maintenance:backup",
    "serve": "archive.cli.serve:serve",
}
"""Name → module and object of each command, in the order of the help text."""


SUMMARIES: Final = {
    "crawl": "Fetch articles: by address, or what sources list.",
    "parse": "One saved page as Markdown; nothing is stored.",
    "recheck": "Look again at young articles: edits, removals.",
    "media": "Copies of the pictures: fetch them, list those that are missing.",
    "ingest": "Take Markdown files of the archive's form into the archive.",
    "links": "Links that have no article: why, and when they are tried again.",
    "list": "The articles in the archive, newest first.",
    "show": "One article: what is known of it, and its text.",
    "diff": "What changed between two revisions of an article.",
    "search": "Find articles by their words, Chinese or other.",
    "duplicates": "The same story told twice: clusters of near-duplicates.",
    "stats": "The archive in numbers.",
    "export": "Write a dataset: JSON Lines, CSV, Parquet, SQLite, Markdown, WARC, feeds.",
    "render": "Write the Markdown files again from the database.",
    "reextract": "Read raw captures again with today's parsers.",
    "schedule": "When what is done: a daemon, cron or systemd; the next due times, the past ones.",
    "status": "How everything fares, on one screen: jobs, disk, locks, gaps.",
    "doctor": "Look for what is wrong, with a cure for each finding; what each extractor says of pages.",
    "verify": "Check the archive: what is damaged, missing or foreign.",
    "repair": "Restore what is damaged from whichever copy is good.",
    "takedown": "Erase an article everywhere, for good, and prove it.",
    "backup": "Copy the database to a file while others go on writing.",
    "serve": "The archive in a browser: read, search, see what changed and what is broken.",
}
