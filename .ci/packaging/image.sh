# shellcheck shell=bash
# Makes a container image without a container engine; sourced by .ci/release, whose `pack`, `fail`, `epoch` and `machine`
# it uses.

# What owns the state folder and runs the program, in the image.
user=65532

# make_root TREE ROOT: the files of the image. Nothing is in it but the program, its playbooks, what it loads, and what
# a program expects of any machine: certificates, names of users, a folder for temporary files.
make_root() {
    local tree=$1 root=$2 program=$1/bin/turnout loader library
    mkdir -p "$root"/{dev,etc/ssl/certs,proc,sys,usr/bin,usr/share/doc,var/lib/turnout}
    mkdir -m 1777 "$root/tmp"
    cp "$program" "$root/usr/bin/turnout"
    cp -R "$tree/share/turnout" "$root/usr/share/turnout"

    # Libraries lie where the loader finds them without a cache of its own. glibc loads libgcc_s by itself when a thread
    # ends by pthread_exit, as the main thread does.
    loader=$(readelf --program-headers "$program" | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
    install -D -m 755 "$loader" "$root$loader"
    for library in $(ldd "$program" | awk '$2 == "=>" { print $3 }'); do
        install -D -m 755 "$library" "$root$library"
        [[ $library != */libc.so.* ]] || install -D -m 644 {,"$root"}"$(dirname "$library")/libgcc_s.so.1"
    done
    for library in libc6 libgcc-s1; do
        cp -L "/usr/share/doc/$library/copyright" "$root/usr/share/doc/$library.copyright"
    done
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

    printf 'root:x:0:0:root:/root:/sbin/nologin\nturnout:x:%d:%d::/var/lib/turnout:/sbin/nologin\n' $user $user \
        >"$root/etc/passwd"
    printf 'root:x:0:\nturnout:x:%d:\n' $user >"$root/etc/group"
    printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
}

# make_image ROOT VERSION LAYOUT: an OCI layout of one image with one layer.
make_image() {
    local root=$1 version=$2 layout=$3 layer=$3/layer.tar architecture created
    # shellcheck disable=SC2154
    case $machine in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "no image is made for $machine" ;;
    esac
    # shellcheck disable=SC2154
    created=$(date -d "@$epoch" +%FT%TZ)
    mkdir -p "$layout/blobs/sha256"

    pack "$root" --exclude=./var/lib/turnout . >"$layer"
    tar --directory "$root" --format=ustar --mtime="@$epoch" --owner=$user --group=$user --numeric-owner \
        --append --file "$layer" ./var/lib/turnout
    local content
    content=sha256:$(sha256sum <"$layer" | cut -d' ' -f1)
    gzip -9n <"$layer" | blob "$layout" application/vnd.oci.image.layer.v1.tar+gzip >"$layout/layer.json"
    rm "$layer"

    blob "$layout" application/vnd.oci.image.config.v1+json >"$layout/config.json" <<END
{"created": "$created", "architecture": "$architecture", "os": "linux",
 "config": {"User": "$user:$user", "Entrypoint": ["/usr/bin/turnout"], "Cmd": ["--help"],
  "Env": ["PATH=/usr/bin", "HOME=/var/lib/turnout", "TURNOUT_STATE=/var/lib/turnout"],
  "WorkingDir": "/var/lib/turnout", "Volumes": {"/var/lib/turnout": {}},
  "Labels": {"org.opencontainers.image.title": "turnout", "org.opencontainers.image.version": "$version"}},
 "rootfs": {"type": "layers", "diff_ids": ["$content"]},
 "history": [{"created": "$created", "created_by": ".ci/release"}]}
END
    blob "$layout" application/vnd.oci.image.manifest.v1+json >"$layout/manifest.json" <<END
{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
 "config": $(<"$layout/config.json"), "layers": [$(<"$layout/layer.json")],
 "annotations": {"org.opencontainers.image.title": "turnout", "org.opencontainers.image.version": "$version",
  "org.opencontainers.image.created": "$created"}}
END
    local manifest
    manifest=$(<"$layout/manifest.json")
    cat >"$layout/index.json" <<END
{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
 "manifests": [${manifest%\}}, "platform": {"architecture": "$architecture", "os": "linux"},
  "annotations": {"org.opencontainers.image.ref.name": "turnout:$version"}}]}
END
    printf '{"imageLayoutVersion": "1.0.0"}\n' >"$layout/oci-layout"
    rm "$layout"/{layer,config,manifest}.json
}

# blob LAYOUT TYPE: keeps standard input as a blob of the layout, and prints its descriptor.
blob() {
    local new=$1/blobs/new digest
    cat >"$new"
    digest=$(sha256sum <"$new" | cut -d' ' -f1)
    printf '{"mediaType": "%s", "digest": "sha256:%s", "size": %d}' "$2" "$digest" "$(stat -c %s "$new")"
    mv "$new" "$1/blobs/sha256/$digest"
}
