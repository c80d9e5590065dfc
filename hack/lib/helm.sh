#!/usr/bin/env bash
# As much of Helm as the documentation uses, for machines without it: install, upgrade, uninstall of the chart, rendered by
# render-chart.py and applied by kubectl. $PYTHON is an interpreter with its packages.
set -euo pipefail
verb=$1 release=$2
shift 2
here=$(dirname "$(readlink -f "$0")")
namespace=default create='' options=() chart=''
while (($#)); do
    case $1 in
    --namespace | -n) namespace=$2 && shift ;;
    --create-namespace) create=1 ;;
    --values | --set) options+=("$1" "$2") && shift ;;
    -*) echo "helm: $1 is not known here" >&2 && exit 2 ;;
    *) chart=$1 ;;
    esac
    shift
done
selector=app.kubernetes.io/instance=$release,app.kubernetes.io/managed-by=Helm
if [[ $verb == uninstall ]]; then
    for scope in "" "--namespace $namespace"; do
        # shellcheck disable=SC2086
        kubectl $scope delete deployments,services,serviceaccounts,poddisruptionbudgets,configmaps,roles,rolebindings,clusterroles,clusterrolebindings \
            -l "$selector" --ignore-not-found --wait=false
    done
    exit
fi
if [[ -n $create ]]; then kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply -f -; fi
version=$(kubectl version -o json | jq -r .serverVersion.gitVersion)
"$PYTHON" "$here/render-chart.py" "$chart" --release "$release" --namespace "$namespace" --kube-version "$version" \
    "${options[@]}" | kubectl apply -f -
"$PYTHON" "$here/render-chart.py" "$chart" --release "$release" --namespace "$namespace" "${options[@]}" \
    --only templates/NOTES.txt
