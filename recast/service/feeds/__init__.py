"""What machines read of the catalogue: feeds, linked data, a sitemap, HEPData's list, badges, citations."""
