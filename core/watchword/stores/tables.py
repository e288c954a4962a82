"""The tables of a SQL store."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

META = Table(
    "watchword_meta",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""The version of the schema, the salt of fingerprints, and a check value that tells a wrong key."""

TOKENS = Table(
    "watchword_tokens",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("secrets", LargeBinary),
    Column("state", Text, nullable=False),
)
"""A record each; `secrets` is encrypted."""

CLAIMS = Table(
    "watchword_claims",
    METADATA,
    Column("imported", Text, primary_key=True),
    Column("key", Text, nullable=False),
)
"""Which record an imported refresh token, given by its fingerprint, belongs to."""

VAULT = Table(
    "watchword_vault",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("changed", Text, nullable=False),
)
"""Secrets by name; `content` is encrypted, `version` grows with each change, `changed` is a moment."""

DRAFTS = Table(
    "watchword_drafts",
    METADATA,
    Column("state", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("until", Text, nullable=False),
)
"""What sign-ins have begun with; `state` is a fingerprint, `content` is encrypted."""
