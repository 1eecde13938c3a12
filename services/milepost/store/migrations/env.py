"""Run by Alembic, on the connection that `milepost.store.migrate` gives."""

from alembic import context

from milepost.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
