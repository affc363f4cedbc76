"""The routes of login: pages with forms for browsers, documents for the command line."""
