"""The machine or site: what it provides to jobs that ask for it, and what it allows users to ask for."""

from recast.site.lent import NEEDS, Site, this_site
from recast.site.policy import SitePolicy, site_policies
from recast.site.secrets import check_secrets, secrets_folder

__all__ = ["NEEDS", "Site", "SitePolicy", "check_secrets", "secrets_folder", "site_policies", "this_site"]
