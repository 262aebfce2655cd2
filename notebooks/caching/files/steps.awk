# One line for each step of a plain build log: CACHED, or how long it took.
$2 ~ /^\[/ && $3 ~ /^([a-z0-9-]+\/)?[0-9]+\/[0-9]+\]|^FROM/ || $2 ~ /^\[[0-9]+\/[0-9]+\]$/ {
    if (!($1 in name)) { name[$1] = substr($0, index($0, "[")); order[++steps] = $1 }
}
$2 == "CACHED" || $2 == "DONE" { if ($1 in name && !($1 in end)) end[$1] = $2 == "DONE" ? $3 : "CACHED" }
END {
    for (i = 1; i <= steps; i++)
        if (name[order[i]] !~ /FROM /) printf "%-7s %s\n", end[order[i]], name[order[i]] | "sort -b -k 2"
}
