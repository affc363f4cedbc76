"""What grids share: credentials, certificates, delegation."""
