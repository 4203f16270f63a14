"""How the archive fares: what runs brought and were expected to bring, what may be missing, who is to be told."""
