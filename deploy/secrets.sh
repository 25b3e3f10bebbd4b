#!/bin/sh
# Makes the stores' passwords on the first start, or takes those of `.env`, and writes them where each part reads its
# own: none stands on a command line. What is there already stays, since PostgreSQL keeps the password it began with.
set -eu
cd "${1:-/secrets}"

made() {
    head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

keep() {
    [ -s "$1" ] || printf %s "${2:-$(made)}" >"$1"
    case $(cat "$1") in *[!A-Za-z0-9._~-]*) echo "$3: only letters, digits and . _ ~ -" >&2 && exit 1 ;; esac
}

keep postgres "${POSTGRES_PASSWORD:-}" POSTGRES_PASSWORD
keep redis "${REDIS_PASSWORD:-}" REDIS_PASSWORD
printf 'requirepass %s\nsave ""\nappendonly no\ndir /data\n' "$(cat redis)" >redis.conf
printf 'DATABASE_URL=postgresql://meydan:%s@postgres:5432/meydan\nREDIS_URL=redis://:%s@redis:6379/0\n' \
    "$(cat postgres)" "$(cat redis)" >meydan.env
chmod 644 postgres redis redis.conf meydan.env
