#!/bin/sh
# Writes a small Debian as a tar archive.
# Arguments: the archive, apt source lines, then (after --) more options for mmdebstrap.
set -eu

archive=$1
shift
sources=""
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
    sources="$sources$1
"
    shift
done
[ $# -eq 0 ] || shift

# Learners' images keep the exclusions: what they install stays small too. Copyright files stay, as licences ask.
# The names of apt's and dpkg's files say where they come from; options for this build alone do not stay in the image.
printf '%s' "$sources" | mmdebstrap \
    --variant=minbase \
    --format=tar \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/groff/*' \
    --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-include=/usr/share/locale/locale.alias' \
    --customize-hook='mv "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap" "$1/etc/dpkg/dpkg.cfg.d/docker"' \
    --customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"' \
    --customize-hook='printf "#!/bin/sh\nexit 101\n" > "$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
    --customize-hook='rm -f "$1/etc/hostname" "$1/etc/resolv.conf"; find "$1/var/log" -type f -delete' \
    --customize-hook='printf "%s\n" "Apt::AutoRemove::SuggestsImportant \"false\";" "Acquire::Languages \"none\";" > "$1/etc/apt/apt.conf.d/docker"' \
    --customize-hook='printf "%s\n" "DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb || true\"; };" >> "$1/etc/apt/apt.conf.d/docker"' \
    "$@" trixie "$archive" -
