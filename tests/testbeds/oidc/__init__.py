"""A real OIDC provider on this machine: the certified `oidc-provider` (npm), by one command."""

from tests.testbeds.oidc.bed import OidcBed

__all__ = ["OidcBed"]
