# shellcheck shell=bash
# Shared by the scripts beside it; not to be run by itself.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
unset DATABASE_URL  # a database of the caller's own is not for samples and tests

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else return 1
    fi
}

# update_apt: lets apt know what there is.
update_apt() { as_root apt-get update -qq >&2 || die "apt-get update failed: is there a network, and the right to do it?"; }

# install_packages NAME...: those of Debian's packages that are missing; asks the network nothing when none is.
install_packages() {
    local package missing=()
    for package in "$@"; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
            *"ok installed"*) ;;
            *) missing+=("$package") ;;
        esac
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "this is not Debian; install what corresponds to: ${missing[*]}"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die "neither root nor sudo; install these packages: ${missing[*]}"
    say "installing ${missing[*]}"
    update_apt
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        die "apt-get install failed for: ${missing[*]}"
}

# build PRESET [target...]: quiet unless something goes wrong
build() {
    local preset=$1 log
    shift
    mkdir -p build
    log=build/$preset.log
    say "building ($preset)"
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1; then
        grep -E 'error|Error|FAILED|undefined' "$log" | head -n 30 >&2 || tail -n 30 "$log" >&2
        die "the build failed: see $log"
    fi
}

# start_display: a display of our own, in $DISPLAY; its process id is in $display_pid, for end_processes.
start_display() {
    local number=
    exec 8< <(exec Xvfb -displayfd 1 -screen 0 1600x1000x24 -nolisten tcp 2>/dev/null)
    # shellcheck disable=SC2034
    display_pid=$!
    read -r -t 20 number <&8 || die "no virtual display: Xvfb did not start"
    unset WAYLAND_DISPLAY
    export DISPLAY=:$number LIBGL_ALWAYS_SOFTWARE=1
}

# end_processes PID...: children of this script; those that do not end in 5 seconds when asked are killed.
end_processes() {
    local pid
    for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
    for pid in "$@"; do
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
