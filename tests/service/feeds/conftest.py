"""The service and the stranger's browser that the tests of pages have."""

from tests.service.pages.conftest import browser, see, site

__all__ = ["browser", "see", "site"]
