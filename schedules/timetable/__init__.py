"""When jobs are due: cron expressions, clock changes, jobs.toml."""
