-- What the supervisor asks of a new private cluster.

-- name: database_exists
SELECT 1 FROM pg_database WHERE datname = $1::text;

-- name: database_create
CREATE DATABASE mailstead ENCODING 'UTF8';
