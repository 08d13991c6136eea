#!/usr/bin/env bash
# Builds a kube-apiserver that can hold custom resources, into the folder $1; prints nothing but progress, on stderr.
# Four minutes on two cores, once a machine.
#
# It is Debian's source of Kubernetes 1.20, which two changes of Go 1.18 broke:
# - github.com/modern-go/reflect2 1.0.1 reads maps by a function that has other parameters since. The API server dies of
#   SIGSEGV whenever a custom resource is written. Here Debian's reflect2 1.0.2 stands in its place.
# - kube-openapi's validation asks whether a value has the address of its type's zero value, which "" has since. It
#   refuses every empty text in a custom resource, as in `group: ""`, for a null. Here it asks for nil alone.
set -euo pipefail
out="$1"
[ "$(id -u)" = 0 ] && sudo="" || sudo=sudo
exec >&2

if [ -f /etc/apt/sources.list.d/debian.sources ] && [ ! -f /etc/apt/sources.list.d/debian-src.sources ]; then
    sed 's/^Types: .*$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources |
        $sudo tee /etc/apt/sources.list.d/debian-src.sources >/dev/null
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq golang-go dpkg-dev golang-github-modern-go-reflect2-dev

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
source="$work/gopath/src/k8s.io/kubernetes"
mkdir -p "$source" "$out"
(cd "$work" && apt-get source -qq --download-only kubernetes)
tar xzf "$work"/kubernetes_*.orig.tar.gz -C "$source" --strip-components=1
rm -r "$source/vendor/github.com/modern-go/reflect2"
cp -r /usr/share/gocode/src/github.com/modern-go/reflect2 "$source/vendor/github.com/modern-go/"
zero='data == nil || reflect.DeepEqual(reflect.Zero(reflect.TypeOf(data)), reflect.ValueOf(data))'
types="$source/vendor/k8s.io/kube-openapi/pkg/validation/validate/type.go"
grep -qF "if $zero {" "$types"
sed -i "s/if $zero {/if data == nil {/" "$types"

export GO111MODULE=off GOPATH="$work/gopath" GOFLAGS=
cd "$source"
# A release generates its OpenAPI definitions when it is built; server-side apply goes by them.
go build -o "$work/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
packages="$(grep -rl '+k8s:openapi-gen=' --include='*.go' pkg vendor/k8s.io staging/src/k8s.io |
    grep -v -E 'testdata|_examples|sample-|zz_generated|kube-openapi/(cmd|pkg/generators|test)' |
    sed 's#^staging/src/#vendor/#' | xargs -n1 dirname | LC_ALL=C sort -u | sed 's#^#k8s.io/kubernetes/#' | paste -sd,)"
"$work/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt -r "$work/violations"
go build -ldflags "-s -w" -o "$work/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
mv "$work/kube-apiserver" "$out/kube-apiserver"
