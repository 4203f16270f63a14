"""Messages about runs: policy, texts, delivery, dead man's switch."""
