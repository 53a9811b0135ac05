#!/usr/bin/env bash
# Base images by digest. The Dockerfiles name tags, so that they build anywhere, also where a mirror has images of the same name; a release is built on the
# digests in eng/base-images.lock:
#
#   docker buildx build $(eng/base-images.sh args) --file src/Bff/Dockerfile .
#
#   eng/base-images.sh update    looks each tag up and writes the file (needs docker buildx, skopeo or crane, and the registry)
#   eng/base-images.sh check     0 when each image of the Dockerfiles is in the file with a digest, 1 otherwise
#   eng/base-images.sh args      --build-arg SDK=…@sha256:… --build-arg RUNTIME=…@sha256:…; by tag where there is no digest
#   eng/base-images.sh image RUNTIME    the image of that name, by digest where there is one
set -euo pipefail
cd "$(dirname "$0")/.."

lock=${BASE_IMAGES_LOCK:-eng/base-images.lock}
entries() { grep -v '^#' "$lock"; }

# NAME IMAGE DIGEST, as in the file
reference() { if [ "$3" = - ]; then echo "$2"; else echo "$2@$3"; fi; }

look_up() {   # IMAGE
  local digest=""
  if docker buildx version >/dev/null 2>&1; then digest=$(docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}' 2>/dev/null) || true; fi
  if [ -z "$digest" ] && command -v skopeo >/dev/null; then digest=$(skopeo inspect --format '{{.Digest}}' "docker://$1" 2>/dev/null) || true; fi
  if [ -z "$digest" ] && command -v crane >/dev/null; then digest=$(crane digest "$1" 2>/dev/null) || true; fi
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || return 1
  echo "$digest"
}

case "${1-}" in
  update)
    status=0 new=$(grep '^#' "$lock")
    while read -r name image digest; do
      if found=$(look_up "$image"); then
        [ "$found" = "$digest" ] && echo "$image: still $digest" || echo "$image: $digest -> $found"
        digest=$found
      else
        echo "$image: NOT LOOKED UP: no registry answers here; it stays '$digest'" >&2
        status=1
      fi
      new+=$'\n'"$name $image $digest"
    done < <(entries)
    echo "$new" >"$lock"
    exit "$status"
    ;;
  check)
    status=0
    while read -r file name image; do
      grep -q "^$name $image sha256:[0-9a-f]\{64\}$" "$lock" || { echo "$file: $name=$image has no digest in $lock"; status=1; }
    done < <(sed -n 's/^ARG \(SDK\|RUNTIME\)=\(.*\)$/\1 \2/p' src/*/Dockerfile | sort -u | sed 's#^#Dockerfiles #')
    exit "$status"
    ;;
  args) while read -r name image digest; do printf -- '--build-arg %s=%s ' "$name" "$(reference "$name" "$image" "$digest")"; done < <(entries); echo ;;
  image) entries | while read -r name image digest; do [ "$name" != "${2-}" ] || reference "$name" "$image" "$digest"; done ;;
  -h | --help) awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0" ;;
  *) echo "base-images.sh: update, check, args or image NAME; see --help" >&2; exit 64 ;;
esac
