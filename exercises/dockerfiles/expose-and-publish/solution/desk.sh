# Serves /page on port 8080 and the key on port 9090.
mkdir -p /page /office
[ -s /office/key ] || head -c 12 /dev/urandom | sha256sum | cut -c 1-24 > /office/key
echo "Welcome at the desk." > /page/index.html
httpd -p 9090 -h /office
echo "desk.sh: listening on ports 8080 and 9090"
exec httpd -f -p 8080 -h /page
