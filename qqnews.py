"""The front door: the command ``qqnews``."""


def main() -> None:
    """Run the command line."""
