#!/bin/sh
# Makes the databases named in RAG_DATABASES (separated by commas) when the server starts for the first time.
set -eu
for name in $(echo "$RAG_DATABASES" | tr ',' ' '); do
    psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --command "CREATE DATABASE \"$name\""
done
