"""Commands that speak to a service: login, tokens, requests."""
