# A server of TLS on port 4433, whose certificate a company of its own has signed: /ca.crt.
set -- -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30
openssl req -x509 "$@" -subj "/CN=The company" -keyout /ca.key -out /ca.crt
openssl req -x509 "$@" -subj /CN=shop -addext basicConstraints=CA:FALSE \
    -CA /ca.crt -CAkey /ca.key -keyout /shop.key -out /shop.crt
openssl s_server -accept 4433 -cert /shop.crt -key /shop.key -www > /dev/null &
until openssl s_client -connect localhost:4433 < /dev/null > /dev/null 2>&1; do sleep 0.1; done
echo ready
wait
