CREATE TABLE IF NOT EXISTS moons (id serial PRIMARY KEY, told text NOT NULL);
INSERT INTO moons (told) VALUES ('new moon');
