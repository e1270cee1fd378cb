# Sourced by packaging/quickstart and tests/run: the Debian packages of packaging/packages. Needs $root.

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages GROUP...: the names of these groups that are not installed.
missing_packages() {
  local group name
  for group in "$@"; do
    for name in $(sed -n "s/^$group //p" "$root/packaging/packages"); do
      # A newer Node.js than Debian's serves as well.
      case $name in nodejs | npm) ! command -v "${name/nodejs/node}" >/dev/null || continue ;; esac
      [ "$(dpkg-query -W -f '${Status}' "$name" 2>/dev/null)" = "install ok installed" ] || printf '%s ' "$name"
    done
  done
}

# install_packages NAMES: servers that come with them (PostgreSQL, Postfix, Dovecot) are not ours to start.
install_packages() {
  local policy=/usr/sbin/policy-rc.d made='' status=0
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    made=1
  fi
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  as_root apt-get update -q || status=$?
  # shellcheck disable=SC2086 # a list of words
  [ "$status" -ne 0 ] || as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends $1 || status=$?
  [ -z "$made" ] || as_root rm -f $policy
  return "$status"
}
