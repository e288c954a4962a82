"""Google Secret Manager: `SecretManager` in manager.py is what other rooms use.

It caches, so that 1000 lookups of a secret make one call, and it tells denied, throttled and timed-out calls
apart. Nothing of Google's is imported before a secret is asked for.
"""
