"""Logins by an OIDC provider: authorization code with PKCE for browsers, device flow for the command line."""
