# Stands for a download that takes a while.
set -e
mkdir -p /opt/tool
sleep 1
head -c 40000000 /dev/urandom > /opt/tool/charts.bin
head -c 4 /opt/tool/charts.bin | md5sum | cut -c 1-8 > /opt/tool/number
