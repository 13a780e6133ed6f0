"""Where the desk keeps everything: one schema and one set of statements, a module for each database.

It imports nothing here, so that a desk on SQLite needs no PostgreSQL driver and the other way round.
"""
