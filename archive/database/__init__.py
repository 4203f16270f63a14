"""SQLite: connection, schema and migrations, rows, queries, backup."""
