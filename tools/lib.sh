# Shared by the scripts beside it; not to be run by itself.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

# build PRESET [target...]: quiet unless something goes wrong
build() {
    local preset=$1 log
    shift
    mkdir -p build
    log=build/$preset.log
    say "building ($preset)"
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1; then
        grep -E 'error|FAILED|undefined' "$log" | head -n 30 >&2 || tail -n 30 "$log" >&2
        die "the build failed: see $log"
    fi
}

# A display of our own, in $DISPLAY, as long as the calling script lives; its process id is in $display_pid.
start_display() {
    local number=
    exec 8< <(exec Xvfb -displayfd 1 -screen 0 1600x1000x24 -nolisten tcp 2>/dev/null)
    display_pid=$!
    read -r -t 20 number <&8 || die "no virtual display: Xvfb did not start"
    export DISPLAY=:$number LIBGL_ALWAYS_SOFTWARE=1
}
