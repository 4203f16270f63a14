"""Manners: one step per file, in the order that settings.DOWNLOADER_MIDDLEWARES states."""
