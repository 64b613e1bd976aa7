"""A pytest plugin, loaded by `-p`: real PostgreSQL and Valkey before Django reads its settings."""

from advisory_crm import embedded

embedded.start_database()
embedded.start_redis()
