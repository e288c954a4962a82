"""The former name of `watchword_playground`: `python -m watchword.playground.secret_manager` goes on to work."""

import watchword_playground

__path__ = watchword_playground.__path__
