#!/usr/bin/env bash
# Puts etcd's first content onto a prepared disk: what every API server of this release writes before it is ready, so that the one
# of a new cluster finds it done. An API server that is there for nothing else writes it into an etcd outside the disk; what is on
# the list below is copied into another, empty one, and a snapshot of that is kept. So there are no names, keys, certificates,
# tokens, leases or namespaces on the disk, not in its free blocks either.
set -euo pipefail
umask 077

# fill-disk.sh has put them there.
readonly programs=/run/kina/programs
readonly kept=/var/lib/kina/etcd
readonly patience=1200 # tries, 50 ms each, until something answers
# Folders below /registry whose objects are the same in every new cluster.
readonly lists=(
  apiregistration.k8s.io/apiservices
  clusterrolebindings
  clusterroles
  flowschemas
  priorityclasses
  prioritylevelconfigurations
  rolebindings
  roles
)
readonly first=127.0.0.1:2379 second=127.0.0.1:12379

for program in etcd etcdctl etcdutl kube-apiserver; do
  if ! [ -x "$programs/$program" ]; then
    echo "the node image has no $program in usr/local/bin of its images" >&2
    exit 1
  fi
done

work=$(mktemp -d /tmp/kina-etcd.XXXXXX)
cleanup() {
  local pid
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap cleanup EXIT

# until_done WHAT PID COMMAND... : it succeeds in time, while PID runs, or this program ends with the end of WHAT's log.
until_done() {
  local what=$1 pid=$2 tries=0
  shift 2
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge "$patience" ] || ! kill -0 "$pid" 2>/dev/null; then
      tail -n 10 "$work/$what.log" >&2
      exit 1
    fi
    sleep 0.05
  done
}

etcd() { # NAME CLIENT PEER
  "$programs/etcd" --name="$1" --data-dir="$work/$1" --log-level=warn \
    --listen-client-urls="http://$2" --advertise-client-urls="http://$2" \
    --listen-peer-urls="http://$3" --initial-advertise-peer-urls="http://$3" --initial-cluster="$1=http://$3" \
    --unsafe-no-fsync >"$work/$1.log" 2>&1
}
etcdctl() { # ENDPOINT WORD...
  "$programs/etcdctl" --endpoints="http://$1" "${@:2}"
}
count() { # ENDPOINT LIST
  etcdctl "$1" get --prefix "/registry/$2/" --count-only --write-out=fields | awk '/"Count"/ { print $3 }'
}
is_copied() { # LIST
  [ "$(count "$first" "$1")" = "$(count "$second" "$1")" ]
}

etcd first "$first" 127.0.0.1:2380 &
first_pid=$!
etcd second "$second" 127.0.0.1:12380 &
second_pid=$!
kubeadm init phase certs sa --cert-dir="$work" >"$work/sa.log" 2>&1
until_done first "$first_pid" etcdctl "$first" endpoint health
until_done second "$second_pid" etcdctl "$second" endpoint health

"$programs/kube-apiserver" \
  --etcd-servers="http://$first" \
  --cert-dir="$work/served" \
  --bind-address=127.0.0.1 --secure-port=6443 --advertise-address=192.0.2.1 --endpoint-reconciler-type=none \
  --service-cluster-ip-range=10.96.0.0/16 \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-account-key-file="$work/sa.pub" --service-account-signing-key-file="$work/sa.key" \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --enable-bootstrap-token-auth=true \
  >"$work/apiserver.log" 2>&1 &
apiserver=$!
until_done apiserver "$apiserver" curl --silent --fail --insecure --max-time 5 https://127.0.0.1:6443/readyz
kill "$apiserver"
wait "$apiserver" || true

for list in "${lists[@]}"; do
  etcdctl "$first" make-mirror --prefix="/registry/$list/" "$second" >"$work/mirror.log" 2>&1 &
  mirror=$!
  until_done mirror "$mirror" is_copied "$list"
  kill "$mirror"
  wait "$mirror" || true
done

etcdctl "$second" snapshot save "$work/snapshot.db" >"$work/snapshot.log" 2>&1
mkdir -p "$kept"
cp "$programs/etcdutl" "$work/snapshot.db" "$kept/"
