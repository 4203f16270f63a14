"""Tencent News: addresses and ids, one module per page layout, list answers, removed and blocked pages."""
