"""Results and runs in the formats of other tools: HEPData submissions, pyhf patchsets, and RO-Crates (`crate`)."""
