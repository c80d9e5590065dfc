# The chapters of hack/demo.
# shellcheck shell=bash

chapter_environments_ready() {
    local environment app
    chapter a "three environments reach Ready, and pods run"
    for environment in dev staging production; do
        expect 120 "environment $environment is Ready" phase_is environment "$environment" Ready
        for app in frontend api-service payment-service; do
            expect 60 "$app v1.2.3 answers in $environment" runs "$environment" "$app" v1.2.3
        done
    done
    kubectl -n shop get environments
}

chapter_commit_to_dev() {
    chapter b "a CI pipeline commits a new tag to dev's overlay"
    act
    "$HACK/company-gitops" tag "$GITOPS" frontend dev v1.2.4 >/dev/null
    tell "ci pushes: frontend v1.2.4 to dev"
    expect 60 "frontend v1.2.4 is live in dev" runs dev frontend v1.2.4
}

# promotion NAME ENVIRONMENT ITEM: writes a Promotion's file into the clone.
promotion() {
    add_delivery promotions "$1" <<END
apiVersion: sluice.dev/v1alpha1
kind: Promotion
metadata:
  name: $1
  namespace: shop
spec:
  environment: $2
  reason: CHG-123
  items:
  - $3
END
}

chapter_promotion_to_staging() {
    chapter c "a Promotion committed to Git brings it to staging"
    promotion frontend-to-staging staging "{app: frontend, fromEnvironment: dev}"
    deliver bob "Promote frontend from dev to staging"
    expect 90 "the promotion has Succeeded" phase_is promotion frontend-to-staging Succeeded
    expect 30 "frontend v1.2.4 is live in staging" runs staging frontend v1.2.4
    refresh
    tell "the operator's commit:"
    git -C "$GITOPS/work" log -1 --format='%an: %s%n%n%b' --grep='^Promotion: shop/frontend-to-staging' | sed 's/^/       /' >&2
}

# open_window_at_next_minute: production opens at the first full minute that is at least 12 s away.
open_window_at_next_minute() {
    local opens=$((($(date +%s) + 12 + 59) / 60 * 60))
    refresh
    sed -i "s/schedule: .*/schedule: $(date -u -d "@$opens" '+%-M %-H') * * */" \
        "$GITOPS/work/delivery/environments/production.yaml"
    tell "production's window opens at $(date -u -d "@$opens" +%H:%M:%S) UTC"
}

# valid_approvals NAME NUMBER
valid_approvals() { [[ $(field promotion "$1" '{.status.approvals.valid}') == "$2" ]]; }
# judged NAME NUMBER: so many approvals have been looked at.
judged() { [[ $(field promotion "$1" '{range .status.approvals.records[*]}{.user}{"\n"}{end}' | grep -c .) == "$2" ]]; }

chapter_promotion_to_production() {
    local name=frontend-to-production
    chapter d "the promotion to production waits for its window and for two approvals"
    open_window_at_next_minute
    promotion "$name" production "{app: frontend, image: {name: company/frontend, newTag: v1.2.4}}"
    deliver bob "Promote frontend v1.2.4 to production"
    expect 60 "the promotion is Gated" phase_is promotion "$name" Gated
    tell "its status says: $(field promotion "$name" '{.status.message}')"

    approve "$name" bob
    deliver bob "Approve my own promotion"
    approve "$name" alice
    deliver alice:unsigned "Approve, without a signature"
    expect 60 "both have been judged" judged "$name" 2
    field promotion "$name" '{range .status.approvals.records[*]}{"       "}{.user}{": valid "}{.valid}{", "}{.invalidReason}{"\n"}{end}' >&2
    valid_approvals "$name" 0 || die "an approval counted that must not"

    approve "$name" carol
    deliver carol "Approve frontend v1.2.4"
    approve "$name" dave
    deliver dave "Approve frontend v1.2.4"
    expect 150 "approved, the window open: the promotion has Succeeded" phase_is promotion "$name" Succeeded
    valid_approvals "$name" 2 || die "two approvals should have counted"
    expect 30 "frontend v1.2.4 is live in production" runs production frontend v1.2.4
}

chapter_approval_through_the_api() {
    local name=payment-to-production refusal
    chapter e "a promotion is approved through the API by one, and by a signed commit by another"
    kubeconfig_of carol sre
    kubeconfig_of mallory guests
    kubectl apply -f "$HACK/examples/approvers.yaml" >/dev/null
    promotion "$name" production "{app: payment-service, image: {name: company/payment-service, newTag: v1.2.4}}"
    deliver bob "Promote payment-service v1.2.4 to production"
    expect 60 "the promotion is Gated" phase_is promotion "$name" Gated
    refusal=$(api_approval mallory carol "$name" 2>&1) && die "mallory approved in carol's name"
    tell "mallory tries in carol's name: ${refusal#*denied the request: }"
    act
    "$SLUICE_BINARY" approve "$name" --kubeconfig "$DEMO/carol.kubeconfig" \
        --plan-digest "$(field promotion "$name" '{.status.planDigest}')" | sed 's/^/       /' >&2
    expect 30 "carol's approval counts, as the API server knows her" valid_approvals "$name" 1
    approve "$name" dave
    deliver dave "Approve payment-service v1.2.4"
    expect 90 "approved by both: the promotion has Succeeded" phase_is promotion "$name" Succeeded
    field promotion "$name" '{range .status.approvals.records[*]}{"       "}{.user}{": "}{.source}{"\n"}{end}' >&2
}

# api_approval PERSON OTHER NAME: kubectl as PERSON, with an approval in OTHER's name.
api_approval() {
    kubectl --kubeconfig "$DEMO/$1.kubeconfig" patch promotion "$3" --type=merge -p \
        "{\"spec\":{\"approvals\":[{\"user\":\"$2\",\"planDigest\":\"$(field promotion "$3" '{.status.planDigest}')\"}]}}"
}

chapter_drift() {
    chapter f "someone scales production by hand"
    act
    kubectl -n shop-production scale deployment/frontend --replicas=5 >/dev/null
    tell "kubectl scale deployment/frontend --replicas=5"
    expect 10 "back to Git's two replicas" replicas_are production frontend 2
}

chapter_rollback() {
    local name=frontend-bad-version
    chapter g "a bad version reaches production and is rolled back by a committed Rollback"
    promotion "$name" production "{app: frontend, image: {name: company/frontend, newTag: v1.3.0-bad}}"
    deliver bob "Promote frontend v1.3.0-bad to production"
    expect 60 "the promotion waits for approvals" phase_is promotion "$name" Gated
    approve "$name" carol
    deliver carol "Approve frontend v1.3.0-bad"
    approve "$name" dave
    deliver dave "Approve frontend v1.3.0-bad"
    expect 60 "pushed and being synced" phase_in promotion "$name" "Syncing Verifying"
    expect 60 "a pod of the bad version runs and is not ready" bad_pod_runs
    add_delivery rollbacks frontend-undo <<END
apiVersion: sluice.dev/v1alpha1
kind: Rollback
metadata:
  name: frontend-undo
  namespace: shop
spec:
  environment: production
  target:
    promotion: $name
  reason: INC-7
END
    deliver carol "Roll the bad frontend back"
    expect 90 "the rollback has Succeeded" phase_is rollback frontend-undo Succeeded
    expect 60 "frontend v1.2.4 is live in production again" runs production frontend v1.2.4
    expect 30 "the bad promotion says RolledBack" phase_is promotion "$name" RolledBack
    refresh
    git -C "$GITOPS/work" log -4 --format='       %h %an: %s' -- apps/frontend/overlays/production >&2
}

chapter_automatic_rollback() {
    local name=frontend-crashing
    chapter h "a version that crashes reaches staging, which takes it back by itself and never lets it in again"
    promotion "$name" staging "{app: frontend, image: {name: company/frontend, newTag: v1.3.0-crash}}"
    deliver bob "Promote frontend v1.3.0-crash to staging"
    expect 120 "the promotion says RolledBack" phase_is promotion "$name" RolledBack
    expect 60 "frontend v1.2.4 is live in staging again" runs staging frontend v1.2.4
    tell "its status says: $(field promotion "$name" '{.status.message}')"
    promotion "$name-again" staging "{app: frontend, image: {name: company/frontend, newTag: v1.3.0-crash}}"
    deliver bob "Promote frontend v1.3.0-crash to staging again"
    expect 60 "the second promotion is held" phase_is promotion "$name-again" Gated
    field promotion "$name-again" '{range .status.gates[?(@.state!="Open")]}{"       "}{.name}{": "}{.message}{"\n"}{end}' |
        grep Veto >&2 || die "no veto holds it"
}

all_ready() { [[ -z $(kubectl -n shop get environments -o 'jsonpath={range .items[?(@.status.phase!="Ready")]}{.metadata.name}{end}') ]]; }
bad_pod_runs() { kubectl -n shop-production get pods -l app=frontend | grep -q '0/1 *Running'; }

chapter_tell() {
    chapter i "sluice status and sluice audit tell it all"
    expect 60 "every environment is Ready" all_ready
    "$SLUICE_BINARY" status --kubeconfig "$KUBECONFIG" --namespace shop
    "$SLUICE_BINARY" audit --repository "$GITOPS/work"
}

chapter_nothing_by_hand() {
    chapter j "nothing was applied by hand but the approval through the API"
    refresh
    tell "commits, each of them a step above:"
    git -C "$GITOPS/work" log --format='       %h %G? %an: %s' >&2
    tell "objects of the apps, by who manages them:"
    kubectl get deployments,services,configmaps -A -l sluice.dev/environment \
        -o 'jsonpath={range .items[*]}{range .metadata.managedFields[?(@.operation=="Apply")]}{.manager}{"\n"}{end}{end}' |
        sort | uniq -c | sed 's/^/       /' >&2
}
