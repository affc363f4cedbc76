"""The machine or site: what it provides to jobs that ask for it, and what it allows users to ask for."""

from recast.site.lent import NEEDS, Site, this_site
from recast.site.policy import SitePolicy, site_policies

__all__ = ["NEEDS", "Site", "SitePolicy", "site_policies", "this_site"]
