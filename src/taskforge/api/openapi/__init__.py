"""The API's description: what Litestar says of the routes, and what only we know of them."""
