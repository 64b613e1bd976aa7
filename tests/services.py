"""A pytest plugin, loaded by `-p`: real PostgreSQL and Valkey before Django reads its settings."""

import os

from advisory_crm import embedded

# Of Valkey's sixteen databases; 0 is that of a run without workers.
VALKEY_DATABASES = 16


def take_own_valkey_database() -> None:
    """Each process of a run has a broker of its own, as it has a database: or one would take, or purge, the tasks of another."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
    if worker >= VALKEY_DATABASES:
        raise RuntimeError(f"PYTEST_WORKERS may be at most {VALKEY_DATABASES - 1}.")
    server, _slash, _database = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{server}/{worker}"


embedded.start_database()
embedded.start_redis()
take_own_valkey_database()
