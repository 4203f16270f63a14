"""Run jobs: claims, subprocesses, the daemon."""
