"""An index of the catalogue in the ledger: records, their words, and counts by facet."""
