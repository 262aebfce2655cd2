# Draws the charts of charts.txt with the tool, into charts.dat. Each drawing has a number of its own.
set -e
[ -s /opt/tool/charts.bin ] || { echo "charts.sh: there is no tool in /opt/tool" >&2; exit 1; }
sleep 1
drawing=$(head -c 4 /dev/urandom | md5sum | cut -c 1-8)
while read -r port place; do
    echo "$port $place drawing $drawing tool $(cat /opt/tool/number)"
done < charts.txt > charts.dat
