"""Tests of ``archive.media.picture_copies``."""
