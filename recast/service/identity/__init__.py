"""Who is asking: tokens, sessions, links for referees, logins by password or OIDC; and what guards them."""
