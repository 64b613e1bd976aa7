#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the owner that migrates, and the application role inside the firm wall.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v owner_password="$CRM_OWNER_PASSWORD" -v app_password="$CRM_APP_PASSWORD" <<'SQL'
CREATE ROLE crm_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE crm_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
-- Pages read a few rows each, from memory or a solid-state disk (advisory_crm/embedded.py says the same).
ALTER ROLE crm_app SET random_page_cost = 1.1;
ALTER ROLE crm_app SET jit = off;
CREATE DATABASE crm OWNER crm_owner;
SQL
