#!/usr/bin/env bash
# Brings the real servers and clients that test/interop runs against: Debian's own packages, none of them started.
#
# Exim and OpenSMTPD cannot be installed beside Postfix (each is "the" mail transport agent), so their packages are
# unpacked under artefacts/ and run from there. Needs root. Harmless when run again.
set -euo pipefail
cd "$(dirname "$0")/.."
peers="$PWD/artefacts/interop/peers"
export DEBIAN_FRONTEND=noninteractive

if [ "$(id -u)" -ne 0 ]; then
  echo 'interop-setup: needs root (it installs packages and makes system users)' >&2
  exit 1
fi

# Debian starts a service when its package is installed; ours are started by the rig alone, on addresses of its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi

apt-get update -qq
apt-get install -y -qq --no-install-recommends \
  postgresql postfix nginx unbound knot knot-dnsutils gnutls-bin openssl sslscan testssl.sh \
  bind9-utils bind9-dnsutils knot-dnssecutils ldnsutils dns-root-data \
  chromium fonts-dejavu-core fonts-noto-cjk \
  libdb5.3 libevent-2.1-7 libgnutls-dane0 libidn12 libnsl2 libpcre2-8-0 </dev/null

mkdir -p "$peers"
downloads=$(mktemp -d)
chmod 755 "$downloads"
(cd "$downloads" && apt-get download -qq -o APT::Sandbox::User=root exim4-daemon-light opensmtpd)
for package in "$downloads"/*.deb; do dpkg -x "$package" "$peers"; done
rm -rf "$downloads"

for user in Debian-exim opensmtpd opensmtpq; do
  getent passwd "$user" >/dev/null || useradd --system --user-group --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin "$user"
done
# Compiled into OpenSMTPD: where its unprivileged processes are locked in.
install -d -o root -g root -m 0755 /var/lib/opensmtpd/empty

echo "interop-setup: PostgreSQL, Postfix, nginx, unbound, Knot, gnutls-cli, Chromium installed; Exim and OpenSMTPD under artefacts/interop/peers"
