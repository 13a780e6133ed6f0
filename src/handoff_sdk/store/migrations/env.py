"""What Alembic runs: the revisions, on the connection that it is given."""

from alembic import context

from handoff_sdk.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
