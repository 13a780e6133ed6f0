"""The client: everything the engine's HTTP API can do, awaited. ``HandoffClient`` is its face."""
