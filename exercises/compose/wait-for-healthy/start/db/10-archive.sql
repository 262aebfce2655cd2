-- Loads the archive when the database is new, which takes its time.
SELECT pg_sleep(2);
