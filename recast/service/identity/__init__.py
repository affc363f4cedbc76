"""Who is asking: tokens, sessions, links for referees, logins by password or OIDC; and what guards them."""

from recast.service.identity.gate import Visitor
from recast.service.identity.identity import Identity
from recast.service.identity.settings import IdentitySettings, read_identity, settled

__all__ = ["Identity", "IdentitySettings", "Visitor", "read_identity", "settled"]
