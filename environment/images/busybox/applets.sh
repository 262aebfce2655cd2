#!/bin/sh
# Commands of the official image that Debian's busybox is built without. Each name is a link to this file.
set -e
me=${0##*/}
passwd=/etc/passwd group=/etc/group shadow=/etc/shadow

die() {
    echo "$me: $*" >&2
    exit 1
}

has() { # FILE NAME
    awk -F: -v name="$2" '$1 == name { found = 1 } END { exit !found }' "$1"
}

number() { # FILE NAME
    awk -F: -v name="$2" '$1 == name { print $3; exit }' "$1"
}

taken() { # FILE NUMBER
    awk -F: -v number="$2" '$3 == number { found = 1 } END { exit !found }' "$1"
}

free_number() { # SYSTEM FILE...
    system=$1 n=1000 high=59999
    shift
    [ -z "$system" ] || n=100 high=999
    while [ "$n" -le "$high" ]; do
        used=
        for file in "$@"; do
            ! taken "$file" "$n" || used=yes
        done
        [ -n "$used" ] || { echo "$n" && return; }
        n=$((n + 1))
    done
    die "no number is left"
}

valid() {
    case $1 in
        "" | -* | *[!A-Za-z0-9_.-]*) die "illegal name '$1'" ;;
    esac
}

change() { # FILE, and a program for awk on its lines
    file=$1
    shift
    copy=$(mktemp)
    awk -F: -v OFS=: "$@" "$file" > "$copy"
    cat "$copy" > "$file" # its owner and mode stay
    rm "$copy"
}

join() { # USER GROUP
    has $passwd "$1" || die "unknown user $1"
    has $group "$2" || die "unknown group $2"
    change $group -v user="$1" -v name="$2" \
        '$1 == name && ("," $4 ",") !~ ("," user ",") { $4 = $4 ($4 == "" ? "" : ",") user } { print }'
}

leave() { # USER GROUP, or every group
    change $group -v user="$1" -v name="$2" '
        name == "" || $1 == name {
            count = split($4, members, ","); $4 = ""
            for (i = 1; i <= count; i++) if (members[i] != user) $4 = $4 ($4 == "" ? "" : ",") members[i]
        }
        { print }'
}

options() { # SHORT LONG WORD...
    short=$1 long=$2
    shift 2
    getopt -n "$me" -o "$short" -l "$long" -- "$@" || { echo "See: $me --help" >&2 && exit 1; }
}

adduser() {
    home= gecos="Linux User,,," shell= ingroup= system= no_password= no_home= uid= skel=/etc/skel
    words=$(options h:g:s:G:SDHu:k: \
        home:,gecos:,shell:,ingroup:,system,disabled-password,empty-password,no-create-home,uid:,skel: "$@")
    eval set -- "$words"
    while [ "$1" != -- ]; do
        case $1 in
            -h | --home) home=$2 && shift ;;
            -g | --gecos) gecos=$2 && shift ;;
            -s | --shell) shell=$2 && shift ;;
            -G | --ingroup) ingroup=$2 && shift ;;
            -S | --system) system=yes ;;
            -D | --disabled-password | --empty-password) no_password=yes ;;
            -H | --no-create-home) no_home=yes ;;
            -u | --uid) uid=$2 && shift ;;
            -k | --skel) skel=$2 && shift ;;
        esac
        shift
    done
    shift
    if [ $# -eq 2 ]; then
        join "$1" "$2"
        return
    fi
    [ $# -eq 1 ] || die "usage: adduser [OPTIONS] USER [GROUP]"
    name=$1
    valid "$name"
    ! has $passwd "$name" || die "user '$name' in use"
    if [ -n "$ingroup" ]; then
        gid=$(number $group "$ingroup")
        [ -n "$gid" ] || die "unknown group $ingroup"
        : "${uid:=$(free_number "$system" $passwd)}"
    else
        ! has $group "$name" || die "group '$name' in use"
        : "${uid:=$(free_number "$system" $passwd $group)}"
        gid=$uid
        ! taken $group "$gid" || gid=$(free_number "$system" $group)
    fi
    ! taken $passwd "$uid" || die "uid '$uid' in use"
    : "${home:=/home/$name}"
    : "${shell:=$([ -n "$system" ] && echo /bin/false || echo /bin/sh)}"
    echo "$name:x:$uid:$gid:$gecos:$home:$shell" >> $passwd
    [ ! -f $shadow ] || echo "$name:!:$(($(date +%s) / 86400)):0:99999:7:::" >> $shadow
    [ -n "$ingroup" ] || echo "$name:x:$gid:" >> $group
    if [ -z "$no_home" ]; then
        [ -d "$home" ] || mkdir -p "$home"
        [ ! -d "$skel" ] || cp -R "$skel/." "$home"
        chown -R "$uid:$gid" "$home"
        chmod 2755 "$home"
    fi
    [ -n "$no_password" ] || [ -n "$system" ] || passwd "$name"
}

addgroup() {
    system= gid=
    words=$(options g:S gid:,system "$@")
    eval set -- "$words"
    while [ "$1" != -- ]; do
        case $1 in
            -g | --gid) gid=$2 && shift ;;
            -S | --system) system=yes ;;
        esac
        shift
    done
    shift
    if [ $# -eq 2 ]; then
        join "$1" "$2"
        return
    fi
    [ $# -eq 1 ] || die "usage: addgroup [-g GID] [-S] [USER] GROUP"
    valid "$1"
    ! has $group "$1" || die "group '$1' in use"
    : "${gid:=$(free_number "$system" $group)}"
    ! taken $group "$gid" || die "gid '$gid' in use"
    echo "$1:x:$gid:" >> $group
}

deluser() {
    remove=
    [ "$1" != --remove-home ] || { remove=yes && shift; }
    [ $# -eq 1 ] || die "usage: deluser [--remove-home] USER"
    has $passwd "$1" || die "unknown user $1"
    home=$(awk -F: -v name="$1" '$1 == name { print $6; exit }' $passwd)
    change $passwd -v name="$1" '$1 != name'
    [ ! -f $shadow ] || change $shadow -v name="$1" '$1 != name'
    leave "$1" ""
    change $group -v name="$1" '$1 != name || $4 != ""'
    [ -z "$remove" ] || rm -rf "$home"
}

delgroup() {
    if [ $# -eq 2 ]; then
        leave "$1" "$2"
        return
    fi
    [ $# -eq 1 ] || die "usage: delgroup [USER] GROUP"
    gid=$(number $group "$1")
    [ -n "$gid" ] || die "unknown group $1"
    ! awk -F: -v gid="$gid" '$4 == gid { found = 1 } END { exit !found }' $passwd || die "'$1' is a primary group"
    change $group -v name="$1" '$1 != name'
}

chpasswd() {
    while IFS=: read -r name word; do
        has $shadow "$name" || die "unknown user $name"
        [ "$1" = -e ] || word=$(mkpasswd -m sha512 "$word")
        change $shadow -v name="$name" -v word="$word" '$1 == name { $2 = word } { print }'
    done
}

nohup() {
    [ $# -gt 0 ] || die "usage: nohup PROGRAM [ARGUMENT...]"
    trap '' HUP
    if [ -t 1 ]; then
        echo "nohup: appending output to nohup.out" >&2
        exec "$@" >> nohup.out 2>&1
    fi
    exec "$@"
}

nice() {
    by=10
    case $1 in
        -n) by=$2 && shift 2 ;;
        -[0-9]*) by=${1#-} && shift ;;
    esac
    renice -n "$by" -p $$
    exec "$@"
}

printenv() {
    [ $# -gt 0 ] || exec env
    for name in "$@"; do
        env | awk -v name="$name=" 'index($0, name) == 1 { print substr($0, length(name) + 1); found = 1 } END { exit !found }'
    done
}

processes() { # prints numbers of processes that fit, or with a command: "NUMBER COMMAND"
    full= exact= long= user=
    signal=TERM
    case $me$1 in
        pkill-[0-9A-Z]*) signal=${1#-} && shift ;;
    esac
    words=$(options flxou:n "" "$@")
    eval set -- "$words"
    while [ "$1" != -- ]; do
        case $1 in
            -f) full=yes ;;
            -x) exact=yes ;;
            -l) long=yes ;;
            -u) user=$2 && shift ;;
        esac
        shift
    done
    shift
    found=
    for place in /proc/[0-9]*; do
        number=${place#/proc/}
        [ "$number" != $$ ] && [ -r "$place/comm" ] || continue
        name=$(cat "$place/comm" 2> /dev/null) || continue
        said=$name
        [ -z "$full" ] || said=$(tr '\0' ' ' < "$place/cmdline" 2> /dev/null | sed 's/ $//')
        [ -z "$user" ] || [ "$(stat -c %U "$place" 2> /dev/null)" = "$user" ] || continue
        pattern=${1-}
        [ -z "$exact" ] || pattern="^($pattern)\$"
        echo "$said" | grep -Eq -- "$pattern" || continue
        found=yes
        if [ "$me" = pkill ]; then
            kill -s "$signal" "$number"
        else
            echo "$number${long:+ $said}"
        fi
    done
    [ -n "$found" ]
}

mountpoint() {
    [ "$1" != -q ] || { shift && exec > /dev/null; }
    if awk -v path="$(realpath "$1")" '$5 == path { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        echo "$1 is a mountpoint"
    else
        echo "$1 is not a mountpoint"
        exit 1
    fi
}

case $me in
    pgrep | pkill) processes "$@" ;;
    *) "$me" "$@" ;;
esac
