"""The tables of a SQL store; `{blob}` stands for the database's type for bytes."""

from __future__ import annotations

META = """
CREATE TABLE watchword_meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
)"""
"""The version of the schema, the salt of fingerprints, and a check value that reveals a wrong key."""

TOKENS = """
CREATE TABLE watchword_tokens (
    key TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    secrets {blob} NOT NULL,
    state TEXT NOT NULL
)"""
"""A record each; `secrets` is encrypted, also if there is no token, and bound to the rest of the row."""

CLAIMS = """
CREATE TABLE watchword_claims (
    imported TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    seal {blob} NOT NULL
)"""
"""Which record an imported refresh token, given by its fingerprint, belongs to; `seal` is bound to both."""

DRAFTS = """
CREATE TABLE watchword_drafts (
    state TEXT NOT NULL PRIMARY KEY,
    content {blob} NOT NULL,
    until TEXT NOT NULL
)"""
"""What sign-ins have begun with; `state` is a fingerprint, `content` is encrypted."""

VAULT = """
CREATE TABLE watchword_vault (
    name TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    content {blob} NOT NULL,
    changed TEXT NOT NULL
)"""
"""Secrets by name; `content` is encrypted, `version` grows with each change, `changed` is a time."""

HISTORY = """
CREATE TABLE watchword_history (
    name TEXT NOT NULL PRIMARY KEY,
    changed TEXT NOT NULL,
    content {blob} NOT NULL
)"""
"""What is noted of each connection, by its name; `content` is encrypted, `changed` is a time."""

CONTRASTS = """
CREATE TABLE watchword_contrasts (
    name TEXT NOT NULL PRIMARY KEY,
    changed TEXT NOT NULL,
    content {blob} NOT NULL
)"""
"""What APIs answered to a wrong credential and to none; `content` is encrypted, `changed` is a time."""

REVISIONS = """
CREATE TABLE watchword_revisions (
    of TEXT NOT NULL,
    key TEXT NOT NULL,
    seal {blob} NOT NULL,
    PRIMARY KEY (of, key)
)"""
"""Which content of a record, secret, history or contrast was written last; `of` is the name of its table."""
