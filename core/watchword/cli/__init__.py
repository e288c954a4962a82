"""The command `watchword`: one module for each command or group of commands, and what they share."""

from watchword.cli.app import main

__all__ = ["main"]
