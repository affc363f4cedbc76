"""The documents of the API as its OpenAPI description has them."""
