"""The command `watchword`: a module for each of its commands, and what they share."""

from watchword.cli.app import main

__all__ = ["main"]
