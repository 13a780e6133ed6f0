"""The engine's resources, one file a noun."""
