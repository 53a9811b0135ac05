#!/usr/bin/env bash
# Makes what people install, into artifacts/release (or --output):
#
#   bff-VERSION-linux-x64.tar.gz      self-contained: needs no .NET on the machine
#   bff-VERSION-linux-arm64.tar.gz    the same for 64-bit ARM
#   bff-VERSION-portable.tar.gz       needs the ASP.NET Core 10 runtime: dotnet Bff.dll
#   bff_VERSION_amd64.deb, …_arm64.deb   a Debian package of the self-contained builds, with a systemd unit
#   bff-js-VERSION.tgz                the page's side for npm: npm publish FILE
#   SHA256SUMS
#
#   eng/release.sh [--output FOLDER] [--runtime linux-x64|linux-arm64|portable]...   (all three when none is named)
#
# Needs the .NET SDK, Node.js (for the page script and the ops page's chart library) and dpkg-deb for the packages. The version is Directory.Build.props'.
set -euo pipefail
cd "$(dirname "$0")/.."

output=artifacts/release runtimes=()
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=${2:?--output needs a folder}; shift 2 ;;
    --runtime) runtimes+=("${2:?--runtime needs a name}"); shift 2 ;;
    -h|--help) sed -n '2,14p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
    *) echo "release.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
  esac
done
[ ${#runtimes[@]} -gt 0 ] || runtimes=(linux-x64 linux-arm64 portable)

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
epoch=$(git log -1 --format=%ct 2>/dev/null || date +%s)
mkdir -p "$output"
output=$(cd "$output" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

publish() {   # RUNTIME FOLDER
  local how=(--self-contained true -r "$1" -p:PublishReadyToRun=true)
  [ "$1" != portable ] || how=(--self-contained false -p:UseAppHost=false)
  dotnet publish src/Bff -c Release --nologo -v quiet -o "$2" -p:SourceRevisionId="$revision" -p:DebugType=none -p:DebugSymbols=false -p:RunAnalyzers=false "${how[@]}"
  cp LICENSE eng/debian/bff.json bff.schema.json "$2"/
}

archive() {   # FOLDER FILE: the same bytes for the same commit
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$(dirname "$1")" -c "$(basename "$1")" | gzip -n > "$2"
}

package() {   # FOLDER ARCHITECTURE
  local root=$work/deb-$2
  install -d "$root/DEBIAN" "$root/usr/lib" "$root/usr/bin" "$root/lib/systemd/system" "$root/etc/bff" "$root/usr/share/doc/bff"
  cp -r "$1" "$root/usr/lib/bff"
  rm "$root/usr/lib/bff/LICENSE" "$root/usr/lib/bff/bff.json"
  ln -s ../lib/bff/Bff "$root/usr/bin/bff"
  install -m 0644 eng/debian/bff.service "$root/lib/systemd/system/"
  install -m 0640 eng/debian/bff.json "$root/etc/bff/"
  sed -i 's:"\./bff\.schema\.json":"/usr/lib/bff/bff.schema.json":' "$root/etc/bff/bff.json"
  install -m 0644 LICENSE "$root/usr/share/doc/bff/copyright"
  install -m 0755 eng/debian/postinst eng/debian/prerm eng/debian/postrm "$root/DEBIAN/"
  echo /etc/bff/bff.json > "$root/DEBIAN/conffiles"
  find "$root/usr/lib/bff" -type f -exec chmod 0644 {} + -o -type d -exec chmod 0755 {} +
  chmod 0755 "$root/usr/lib/bff/Bff"
  sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$2/" -e "s/@SIZE@/$(du -sk "$root" | cut -f1)/" eng/debian/control > "$root/DEBIAN/control"
  SOURCE_DATE_EPOCH=$epoch dpkg-deb --root-owner-group -Zzstd -z9 --build "$root" "$output/bff_${version}_$2.deb" >/dev/null
}

for runtime in "${runtimes[@]}"; do
  case $runtime in linux-x64) architecture=amd64 ;; linux-arm64) architecture=arm64 ;; portable) architecture= ;; *) echo "release.sh: '$runtime' is none of linux-x64, linux-arm64, portable" >&2; exit 2 ;; esac
  folder=$work/bff-$version-$runtime
  echo "Publishing $runtime"
  publish "$runtime" "$folder"
  archive "$folder" "$output/bff-$version-$runtime.tar.gz"
  if [ -n "$architecture" ]; then
    if command -v dpkg-deb >/dev/null; then package "$folder" "$architecture"; else echo "No dpkg-deb here: no Debian package for $architecture"; fi
  fi
done

echo "Packing bff-js"
(cd src/bff-js && npm ci --ignore-scripts --silent && npm pack --silent --pack-destination "$output" >/dev/null)

(cd "$output" && find . -maxdepth 1 \( -name '*.tar.gz' -o -name '*.deb' -o -name '*.tgz' \) -printf '%P\n' | sort | xargs sha256sum -- > SHA256SUMS)
ls -lh "$output" | tail -n +2 | awk '{ print $5, $9 }'
