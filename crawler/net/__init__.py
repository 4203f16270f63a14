"""Downloads: addresses that may be asked, redirects, pauses."""
