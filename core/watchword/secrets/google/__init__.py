"""Google Secret Manager: one call where a thousand would do, and the truth about what failed.

`SecretManager` (manager.py) is what others use. Nothing of Google's is imported before a secret is asked for.
"""
