"""HTTP to one registry: connections, certificates, credentials, and the requests that go over them."""
