#!/usr/bin/env bash
# Makes what people install, into artifacts/release (or --output):
#
#   bff-VERSION-linux-x64.tar.gz      self-contained: needs no .NET on the machine
#   bff-VERSION-linux-arm64.tar.gz    the same for 64-bit ARM
#   bff-VERSION-portable.tar.gz       needs the ASP.NET Core 10 runtime: dotnet Bff.dll
#   bff_VERSION_amd64.deb, …_arm64.deb   a Debian package of the self-contained builds, with a systemd unit
#   bff-js-VERSION.tgz                the page's side for npm: npm publish FILE
#   Bff.AspNetCore.VERSION.nupkg      the library, with its symbols (.snupkg): dotnet nuget push FILE
#   Bff.Templates.VERSION.nupkg       dotnet new bff
#   *.cdx.json                        what is in each of them, and in the image: CycloneDX
#   bff-VERSION.intoto.json           how they were made: SLSA provenance
#   SHA256SUMS, SHA256SUMS.asc        of all of them; the signature where --sign names a key of gpg
#
#   eng/release.sh [--output FOLDER] [--runtime linux-x64|linux-arm64|portable]...   (all three when none is named)
#                  [--sign KEY] [--builder URI] [--strict] [--allow-vulnerable]
#   eng/release.sh --dry-run [--published FOLDER]    goes through all of it with one archive (portable unless --runtime names others), of a program that was
#                                                    published before where one is named, verifies it, and keeps no file of it
#
# Nothing is in the folder until all of it is made and verified, and no other file that lies there is signed. What cannot be done here (a registry that answers
# no audit, base images without a digest, changes that are not committed, no dpkg-deb) is said; --strict makes an error of it. A known vulnerability is an error
# unless --allow-vulnerable; a dry run only says it, but not with --strict. Needs the .NET SDK, Node.js (for the page script and the ops page's chart library),
# git, and dpkg-deb for the packages. The version is Directory.Build.props'. docs/releasing.md has the rest.
set -euo pipefail
umask 022   # modes are in the archives
cd "$(dirname "$0")/.."

output=artifacts/release runtimes=() dry="" strict="" key="" published="" vulnerable="" builder=${BFF_BUILDER:-urn:bff:builder:unattested}
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=${2:?--output needs a folder}; shift 2 ;;
    --runtime) runtimes+=("${2:?--runtime needs a name}"); shift 2 ;;
    --published) published=$(cd "${2:?--published needs a folder}" && pwd); shift 2 ;;
    --sign) key=${2:?--sign needs a key of gpg}; shift 2 ;;
    --builder) builder=${2:?--builder needs a URI}; shift 2 ;;
    --dry-run) dry=1; shift ;;
    --strict) strict=1; shift ;;
    --allow-vulnerable) vulnerable=1; shift ;;
    -h|--help) awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"; exit 0 ;;
    *) echo "release.sh: unknown argument '$1'; see --help" >&2; exit 64 ;;
  esac
done
[ -z "$published" ] || [ -n "$dry" ] || { echo "release.sh: --published is for --dry-run: what is released is published here" >&2; exit 64; }
[ -z "$published" ] || runtimes=(portable)
[ -z "$dry" ] || [ ${#runtimes[@]} -gt 0 ] || runtimes=(portable)
[ ${#runtimes[@]} -gt 0 ] || runtimes=(linux-x64 linux-arm64 portable)
for runtime in "${runtimes[@]}"; do
  case $runtime in linux-x64|linux-arm64|portable) ;; *) echo "release.sh: '$runtime' is none of linux-x64, linux-arm64, portable" >&2; exit 64 ;; esac
done
[[ $builder =~ ^[A-Za-z][A-Za-z0-9+.-]*:[^[:space:]]+$ ]] || { echo "release.sh: the builder '$builder' is no URI" >&2; exit 64; }

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "release.sh: '$version' in Directory.Build.props is no version" >&2; exit 1; }
script=$(node -p 'require("./src/bff-js/package.json").version')
[ "$script" = "$version" ] || { echo "release.sh: src/bff-js/package.json has version $script, Directory.Build.props $version" >&2; exit 1; }
template=src/Bff.Templates/content/bff/BffApp.csproj
grep -q "Include=\"Bff.AspNetCore\" Version=\"$version\"" $template || { echo "release.sh: $template wants another Bff.AspNetCore than $version" >&2; exit 1; }
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
epoch=$(git log -1 --format=%ct 2>/dev/null || date +%s)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kept=$output output=$work/release
mkdir "$output"

# What a release should have and this one lacks.
lacking() {
  echo "LACKING: $1"
  [ -z "$strict" ] || { echo "release.sh: --strict takes no release that lacks something" >&2; exit 1; }
}

[ -z "$(git status --porcelain 2>/dev/null || echo none)" ] || lacking "what is released is not what is committed"
[[ $builder != urn:bff:builder:unattested ]] || lacking "a builder: nobody vouches for this machine (--builder URI)"
eng/base-images.sh check >"$work/images" || lacking "digests of the base images: $(tr '\n' ';' <"$work/images")"
[ -n "$key" ] || lacking "a signature (--sign KEY)"

status=0
node eng/audit.mjs || status=$?
case $status in
  0) ;;
  1)
    if [ -n "$dry" ]; then [ -n "$vulnerable" ] || lacking "packages without a known vulnerability"
    elif [ -z "$vulnerable" ]; then echo "release.sh: a package has a known vulnerability" >&2; exit 1; fi
    ;;
  3) lacking "an audit of all packages" ;;
  *) echo "release.sh: the audit itself failed" >&2; exit 1 ;;
esac

publish() {   # RUNTIME FOLDER
  local how=(--self-contained true -r "$1" -p:PublishReadyToRun=true)
  [ "$1" != portable ] || how=(--self-contained false -p:UseAppHost=false)
  rm -rf src/Bff/obj/Release src/Bff.AspNetCore/obj/Release   # what was compiled without the properties below would be taken as it is
  # Locked: exactly the packages of the lock files, by their hashes. As in CI, so that no folder of this machine is in the program.
  dotnet publish src/Bff -c Release --nologo -v quiet -o "$2" -p:SourceRevisionId="$revision" -p:DebugType=none -p:DebugSymbols=false -p:RunAnalyzers=false \
    -p:RestoreLockedMode=true -p:ContinuousIntegrationBuild=true "${how[@]}"
  cp LICENSE eng/debian/bff.json bff.schema.json "$2"/
}

nuget() {   # PROJECT CONFIGURATION [OPTION…]
  dotnet pack "src/$1" -c "$2" --nologo -v quiet -o "$output" -p:SourceRevisionId="$revision" -p:RunAnalyzers=false "${@:3}"
}

archive() {   # FOLDER FILE: the same bytes for the same commit
  tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rwX,go=rX --mtime="@$epoch" -C "$(dirname "$1")" -c "$(basename "$1")" | gzip -n > "$2"
}

bill() {   # KIND FOLDER NAME [OPTION…]: of materials
  node eng/sbom.mjs "$1" "$2" --version "$version" --epoch "$epoch" "${@:4}" > "$output/$3.cdx.json"
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
  case $runtime in
    linux-x64) architecture=amd64 ;;
    linux-arm64) architecture=arm64 ;;
    portable) architecture= ;;
  esac
  folder=$work/bff-$version-$runtime
  if [ -n "$published" ]; then cp -r "$published" "$folder"; cp LICENSE eng/debian/bff.json bff.schema.json "$folder"/
  else echo "Publishing $runtime"; publish "$runtime" "$folder"; fi
  archive "$folder" "$output/bff-$version-$runtime.tar.gz"
  bill program "$folder" "bff-$version-$runtime"
  # The image has the same program, on a base with the runtime.
  [ "$runtime" != portable ] || bill image "$folder" "bff-$version-image" --base "$(eng/base-images.sh image RUNTIME)"
  if [ -n "$architecture" ]; then
    if command -v dpkg-deb >/dev/null; then package "$folder" "$architecture"; else lacking "a Debian package for $architecture: there is no dpkg-deb"; fi
  fi
done

echo "Packing bff-js"
(cd src/bff-js && npm ci --ignore-scripts --silent && npm pack --silent --pack-destination "$output" >/dev/null)
bill npm src/bff-js "bff-js-$version"

echo "Packing Bff.AspNetCore and Bff.Templates"
# Whoever names a published program has built all of it for tests.
if [ -n "$published" ]; then nuget Bff.AspNetCore Debug --no-build
else
  rm -rf src/Bff.AspNetCore/obj/Release   # compiled without symbols above
  nuget Bff.AspNetCore Release -p:RestoreLockedMode=true -p:ContinuousIntegrationBuild=true
fi
bill nuget src/Bff.AspNetCore "Bff.AspNetCore-$version"
nuget Bff.Templates Release

here=$PWD
files() { find . -maxdepth 1 -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort; }
(cd "$output" && files | xargs -d '\n' node "$here/eng/provenance.mjs" --builder "$builder" --version "$version" --parameter "runtimes=${runtimes[*]}") \
  > "$work/provenance"
mv "$work/provenance" "$output/bff-$version.intoto.json"
(cd "$output" && files | xargs -d '\n' sha256sum -- > SHA256SUMS)
[ -z "$key" ] || gpg --batch --yes --local-user "$key" --armor --detach-sign --output "$output/SHA256SUMS.asc" "$output/SHA256SUMS"

# As whoever downloads it would.
(cd "$output" && sha256sum --check --quiet --strict SHA256SUMS)
[ -z "$key" ] || gpg --batch --verify "$output/SHA256SUMS.asc" "$output/SHA256SUMS"

ls -lh "$output" | tail -n +2 | awk '{ print $5, $9 }'
if [ -n "$dry" ]; then echo "A dry run of ${runtimes[*]}: nothing was kept."; exit; fi

# The sums come last: a folder with them is whole.
mkdir -p "$kept"
rm -f "$kept"/SHA256SUMS "$kept"/SHA256SUMS.*
(cd "$output" && files) | while IFS= read -r file; do mv -f "$output/$file" "$kept/"; done
mv -f "$output"/SHA256SUMS* "$kept/"
