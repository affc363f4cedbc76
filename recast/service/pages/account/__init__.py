"""The pages of who is logged in: who they are to the service, and what waits for them."""
