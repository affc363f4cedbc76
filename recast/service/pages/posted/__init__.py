"""How pages take forms: what was sent, read strictly, and handed to the API's own handlers."""
