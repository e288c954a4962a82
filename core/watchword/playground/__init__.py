"""The former name of `watchword_playground`. Its imports and `python -m` commands keep working."""

import watchword_playground
from watchword_playground import *  # noqa: F403 - it exports the same names

__path__ = watchword_playground.__path__
