docker inspect dd-case-{1..5} | jq -r '.[] | (.Name | ltrimstr("/")) + " = \"" + (
    if .State.OOMKilled then "out-of-memory"
    elif .State.Error != "" then "not-found"
    else {"0": "done", "1": "error", "137": "killed"}[.State.ExitCode | tostring]
    end) + "\""' > answers.toml
