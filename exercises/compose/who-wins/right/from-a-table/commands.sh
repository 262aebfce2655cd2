# By kind, from a table that somebody has made while trying.
docker run --rm dd-disputes:1.0 | sed -E \
    -e 's/: .*does not name NAME$/: FIRST&/' \
    -e 's/^([0-9]): .*(ENV of the image, and \.env).*/dispute-\1 = "image"/' \
    -e 's/^([0-9]): .*env_file, and the shell.*/dispute-\1 = "env_file"/' \
    -e 's/^([0-9]): .*image, and env_file.*/dispute-\1 = "env_file"/' \
    -e 's/^([0-9]): .*env_file, and environment.*/dispute-\1 = "environment"/' \
    -e 's/^([0-9]): .*env_file, and \.env.*/dispute-\1 = ".env"/' \
    -e 's/^([0-9]): .*and the shell.*/dispute-\1 = "shell"/' \
    -e 's/^([0-9]): .*and --env-file.*/dispute-\1 = "--env-file"/' \
    -e 's/^([0-9]): .*run -e.*/dispute-\1 = "run"/' >answers.toml
