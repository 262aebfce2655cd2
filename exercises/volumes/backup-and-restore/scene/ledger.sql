-- The ledger of the harbour. Each entry has a seal, made of its text and of the seal before it.
CREATE TABLE ledger (entry text PRIMARY KEY, tons integer NOT NULL, seal text NOT NULL, at timestamptz NOT NULL);

-- How many entries there are, and the last seal: written together with each entry.
CREATE TABLE balance (entries integer NOT NULL, tons bigint NOT NULL, seal text NOT NULL);
INSERT INTO balance VALUES (0, 0, 'SEED');

CREATE PROCEDURE enter(written timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    last balance;
    new ledger;
BEGIN
    SELECT * INTO last FROM balance;
    new.entry := 'entry-SEED' || lpad((last.entries + 1)::text, 8, '0');
    new.tons := 1 + (last.entries * 7919) % 90;
    new.seal := md5(last.seal || new.entry || new.tons);
    new.at := written;
    INSERT INTO ledger VALUES (new.*);
    UPDATE balance SET entries = last.entries + 1, tons = last.tons + new.tons, seal = new.seal;
END
$$;

-- What was written yesterday.
DO $$
BEGIN
    FOR i IN 1..200 LOOP
        CALL enter(now() - interval '1 day' + i * interval '22 milliseconds');
    END LOOP;
END
$$;
-- The clerk of today: an entry each 20 milliseconds, to the end of a long shift, and a checkpoint now and then.
CREATE PROCEDURE clerk() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..500000 LOOP
        CALL enter(clock_timestamp());
        COMMIT;
        IF i % 25 = 0 THEN
            CHECKPOINT;
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
END
$$;
