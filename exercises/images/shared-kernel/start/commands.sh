# 1. Run dd-guest.

# 2. Put a command between the brackets of each $( ).
cat > answers.toml <<END
host_kernel = "$( )"
guest_kernel = "$( )"
host_pid = "$( )"
pid_namespace = "$( )"
END
cat answers.toml
