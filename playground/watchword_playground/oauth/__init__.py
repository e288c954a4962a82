"""The authorization server of the playground, built on oauthlib: OAuth 2.0 and OAuth 1.0."""
