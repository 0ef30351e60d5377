#!/bin/sh
# trim.sh ROOT: takes out of a base image what no service of the sample product runs, so that bundles are quick to write and to load.
# LLVM is only for Postgres' JIT; Perl only for Debian's wrappers around the Postgres programs, which stand first in PATH themselves.
set -eu
root=${1%/}
rm -rf "$root"/var/lib/postgresql/*/main "$root"/etc/postgresql "$root"/usr/lib/postgresql/*/lib/bitcode "$root"/usr/lib/postgresql/*/lib/llvmjit* \
  "$root"/usr/lib/llvm* "$root"/usr/lib/*-linux-gnu/libLLVM* "$root"/usr/lib/*-linux-gnu/libz3* \
  "$root"/usr/share/perl* "$root"/usr/lib/*-linux-gnu/perl* "$root"/usr/lib/*-linux-gnu/libperl* "$root"/usr/bin/perl* \
  "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/info "$root"/usr/share/locale "$root"/usr/share/i18n "$root"/usr/share/lintian \
  "$root"/usr/share/bash-completion "$root"/usr/share/gcc "$root"/usr/lib/*-linux-gnu/gconv "$root"/usr/bin/rsaperf \
  "$root"/var/lib/apt/lists "$root"/var/lib/dpkg/info "$root"/var/cache
ln -sf /bin/busybox "$root/usr/bin/wget"
mkdir -p "$root/backups" "$root/var/run/postgresql"
