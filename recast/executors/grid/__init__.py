"""What grid executors share: credentials, certificates, delegation."""
