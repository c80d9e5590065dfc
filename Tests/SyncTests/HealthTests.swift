import KubernetesModel
import Testing

@testable import Sync

@Suite struct HealthTests {
    private func health(_ apiVersion: String, _ kind: String, _ rest: String) -> Health {
        let text = #"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":{"name":"x","generation":2},\#(rest)}"#
        return Health(of: Manifest(Fixture.json(text)))
    }

    @Test(arguments: [
        (#""spec":{"replicas":2},"status":{}"#, HealthStatus.progressing),
        (
            #""spec":{"replicas":2},"status":{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"availableReplicas":2}"#,
            .progressing
        ),
        (
            #""spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,"updatedReplicas":2,"availableReplicas":2}"#,
            .healthy
        ),
        (
            #""spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,"updatedReplicas":1,"availableReplicas":2}"#,
            .progressing
        ),
        (
            #""spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":3,"updatedReplicas":2,"availableReplicas":3}"#,
            .progressing
        ),
        (
            #""spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,"updatedReplicas":2,"availableReplicas":1}"#,
            .progressing
        ),
        (#""spec":{"replicas":0},"status":{"observedGeneration":2}"#, .healthy),
        (#""spec":{"replicas":2,"paused":true},"status":{"observedGeneration":2}"#, .suspended),
        (
            #""spec":{"replicas":1},"status":{"observedGeneration":2,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]}"#,
            .degraded
        ),
        (
            #""spec":{"replicas":1},"status":{"observedGeneration":2,"conditions":[{"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"quota"}]}"#,
            .degraded
        ),
    ])
    func `a Deployment`(rest: String, status: HealthStatus) {
        #expect(health("apps/v1", "Deployment", rest).status == status)
    }

    @Test(arguments: [
        (
            #""spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,"readyReplicas":2,"currentRevision":"a","updateRevision":"a"}"#,
            HealthStatus.healthy
        ),
        (
            #""spec":{"replicas":2},"status":{"observedGeneration":2,"replicas":2,"readyReplicas":2,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"}"#,
            .progressing
        ),
        (
            #""spec":{"replicas":3,"updateStrategy":{"rollingUpdate":{"partition":2}}},"status":{"observedGeneration":2,"replicas":3,"readyReplicas":3,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"}"#,
            .healthy
        ),
        (
            #""spec":{"replicas":3,"updateStrategy":{"rollingUpdate":{"partition":1}}},"status":{"observedGeneration":2,"replicas":3,"readyReplicas":3,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"}"#,
            .progressing
        ),
        (
            #""spec":{"replicas":1,"updateStrategy":{"type":"OnDelete"}},"status":{"observedGeneration":2,"replicas":1,"readyReplicas":1,"currentRevision":"a","updateRevision":"b"}"#,
            .healthy
        ),
        (#""spec":{"replicas":1},"status":{"replicas":1,"readyReplicas":1}"#, .progressing),
    ])
    func `a StatefulSet`(rest: String, status: HealthStatus) {
        #expect(health("apps/v1", "StatefulSet", rest).status == status)
    }

    @Test(arguments: [
        (
            #""spec":{},"status":{"observedGeneration":2,"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":2}"#,
            HealthStatus.healthy
        ),
        (
            #""spec":{},"status":{"observedGeneration":2,"desiredNumberScheduled":2,"updatedNumberScheduled":1,"numberAvailable":2}"#,
            .progressing
        ),
        (
            #""spec":{"updateStrategy":{"type":"OnDelete"}},"status":{"observedGeneration":2,"desiredNumberScheduled":2,"numberAvailable":2}"#,
            .healthy
        ),
        (#""spec":{},"status":{"observedGeneration":2}"#, .healthy),
    ])
    func `a DaemonSet`(rest: String, status: HealthStatus) {
        #expect(health("apps/v1", "DaemonSet", rest).status == status)
    }

    @Test(arguments: [
        (#""spec":{},"status":{"conditions":[{"type":"Complete","status":"True"}]}"#, HealthStatus.healthy),
        (
            #""spec":{},"status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}"#,
            .degraded
        ),
        (#""spec":{},"status":{"conditions":[{"type":"Failed","status":"False"}],"active":1}"#, .progressing),
        (#""spec":{"suspend":true},"status":{"conditions":[{"type":"Suspended","status":"True"}]}"#, .suspended),
        (
            #""spec":{"suspend":false},"status":{"conditions":[{"type":"Suspended","status":"False"}],"active":1}"#,
            .progressing
        ),
        (#""spec":{},"status":{}"#, .progressing),
    ])
    func `a Job`(rest: String, status: HealthStatus) {
        #expect(health("batch/v1", "Job", rest).status == status)
    }

    @Test(arguments: [
        (#""status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}"#, HealthStatus.healthy, ""),
        (#""status":{"phase":"Succeeded"}"#, .healthy, ""),
        (#""status":{"phase":"Failed","reason":"Evicted","message":"disk"}"#, .degraded, "Evicted: disk"),
        (
            #""status":{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"ErrImagePull","message":"no such image"}}}]}"#,
            .degraded, "container a: ErrImagePull: no such image"
        ),
        (
            #""status":{"phase":"Running","containerStatuses":[{"name":"a","restartCount":5,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}]}"#,
            .degraded, "container a: CrashLoopBackOff: exit code 1, Error (5 restarts)"
        ),
        (
            #""status":{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":1,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":3,"reason":"Error"}}}],"containerStatuses":[{"name":"a","state":{"waiting":{"reason":"PodInitializing"}}}]}"#,
            .degraded, "container i: CrashLoopBackOff: exit code 3, Error (1 restart)"
        ),
        (
            #""status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes"}]}"#,
            .progressing, "Unschedulable: 0/1 nodes"
        ),
        (
            #""status":{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"ContainerCreating"}}}]}"#,
            .progressing, "is pending"
        ),
        (#""status":{}"#, .progressing, "is pending"),
    ])
    func `a Pod`(rest: String, status: HealthStatus, message: String) {
        #expect(health("v1", "Pod", rest) == Health(status, message))
    }

    @Test(arguments: [
        ("v1", "PersistentVolumeClaim", #""status":{"phase":"Bound"}"#, HealthStatus.healthy),
        ("v1", "PersistentVolumeClaim", #""status":{"phase":"Lost"}"#, .degraded),
        ("v1", "PersistentVolumeClaim", #""status":{"phase":"Pending"}"#, .progressing),
        ("v1", "Service", #""spec":{"type":"ClusterIP"}"#, .healthy),
        ("v1", "Service", #""spec":{"type":"LoadBalancer"}"#, .progressing),
        (
            "v1", "Service",
            #""spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"}]}}"#, .healthy
        ),
        ("batch/v1", "CronJob", #""spec":{"suspend":true}"#, .suspended),
        ("batch/v1", "CronJob", #""spec":{}"#, .healthy),
        (
            "apps/v1", "ReplicaSet",
            #""spec":{"replicas":1},"status":{"observedGeneration":2,"conditions":[{"type":"ReplicaFailure","status":"True"}]}"#,
            .degraded
        ),
        (
            "apps/v1", "ReplicaSet",
            #""spec":{"replicas":1},"status":{"observedGeneration":2,"replicas":1,"availableReplicas":1}"#, .healthy
        ),
        ("networking.k8s.io/v1", "Ingress", #""spec":{}"#, .healthy),
        (
            "autoscaling/v2", "HorizontalPodAutoscaler",
            #""status":{"conditions":[{"type":"AbleToScale","status":"True"},{"type":"ScalingActive","status":"True"}]}"#,
            .healthy
        ),
        (
            "autoscaling/v2", "HorizontalPodAutoscaler",
            #""status":{"conditions":[{"type":"AbleToScale","status":"False","reason":"FailedGetScale"}]}"#, .degraded
        ),
        (
            "autoscaling/v2", "HorizontalPodAutoscaler",
            #""status":{"conditions":[{"type":"ScalingActive","status":"False","reason":"FailedGetResourceMetric"}]}"#,
            .progressing
        ),
        ("autoscaling/v2", "HorizontalPodAutoscaler", #""spec":{}"#, .progressing),
        ("policy/v1", "PodDisruptionBudget", #""status":{"observedGeneration":2,"disruptionsAllowed":0}"#, .healthy),
        ("policy/v1", "PodDisruptionBudget", #""status":{"observedGeneration":1}"#, .progressing),
        (
            "apiregistration.k8s.io/v1", "APIService",
            #""status":{"conditions":[{"type":"Available","status":"False"}]}"#, .progressing
        ),
        (
            "apiregistration.k8s.io/v1", "APIService",
            #""status":{"conditions":[{"type":"Available","status":"True"}]}"#, .healthy
        ),
        (
            "apiextensions.k8s.io/v1", "CustomResourceDefinition",
            #""status":{"conditions":[{"type":"Established","status":"True"}]}"#, .healthy
        ),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", #""status":{}"#, .progressing),
        (
            "apiextensions.k8s.io/v1", "CustomResourceDefinition",
            #""status":{"conditions":[{"type":"NamesAccepted","status":"False"}]}"#, .degraded
        ),
        ("v1", "Namespace", #""status":{"phase":"Active"}"#, .healthy),
        ("v1", "Namespace", #""status":{"phase":"Terminating"}"#, .progressing),
        ("v1", "ConfigMap", #""data":{}"#, .healthy),
        ("x.io/v1", "Alien", #""status":{"conditions":[{"type":"Ready","status":"True"}]}"#, .healthy),
        (
            "x.io/v1", "Alien", #""status":{"conditions":[{"type":"Ready","status":"False","reason":"Wait"}]}"#,
            .progressing
        ),
        (
            "x.io/v1", "Alien", #""status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"True"}]}"#,
            .progressing
        ),
        (
            "x.io/v1", "Alien",
            #""status":{"conditions":[{"type":"Ready","status":"False"},{"type":"Stalled","status":"True"}]}"#,
            .degraded
        ),
        ("x.io/v1", "Alien", #""status":{"conditions":[{"type":"Reconciling","status":"True"}]}"#, .progressing),
        ("x.io/v1", "Service", #""spec":{"type":"LoadBalancer"}"#, .healthy),
        ("x.io/v1", "Alien", #""status":{"conditions":"none","observedGeneration":"x"},"spec":7"#, .healthy),
    ])
    func `other kinds`(apiVersion: String, kind: String, rest: String, status: HealthStatus) {
        #expect(health(apiVersion, kind, rest).status == status)
    }

    @Test func `the annotation opts out, and deletion is progress`() {
        let ignored =
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","annotations":{"sluice.dev/health":"Ignore"}},"status":{"phase":"Failed"}}"#
        #expect(Health(of: Manifest(Fixture.json(ignored))).status == .healthy)
        let deleted =
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","deletionTimestamp":"t","finalizers":["a/b"]},"status":{"phase":"Running"}}"#
        #expect(Health(of: Manifest(Fixture.json(deleted))) == Health(.progressing, "is being deleted, waits for a/b"))
    }

    @Test func `a pending claim blocks no app`() {
        let claim = Manifest(
            Fixture.json(
                #"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"x"},"status":{"phase":"Pending"}}"#
            ))
        #expect(Health(inApp: claim).status == .healthy)
        #expect(Health(of: claim).status == .progressing)
    }

    @Test func `the worst verdict counts, the first among equals`() {
        let verdicts = [Health(.progressing, "a"), Health(.degraded, "b"), Health(.suspended), Health(.degraded, "c")]
        #expect(Health.worst(of: verdicts) == Health(.degraded, "b"))
        #expect(Health.worst(of: []) == .healthy)
    }

    @Test func `the cause is the gravest problem among a workload's pods`() {
        func pod(_ name: String, _ rest: String, deleted: Bool = false) -> Manifest {
            let mark = deleted ? #","deletionTimestamp":"t""# : ""
            return Manifest(
                Fixture.json(#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)"\#(mark)},\#(rest)}"#))
        }
        let crash =
            #""status":{"phase":"Running","containerStatuses":[{"name":"app","restartCount":2,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error","message":"line\ncannot open database"}}}]}"#
        let unready =
            #""status":{"phase":"Running","containerStatuses":[{"name":"app","ready":false,"state":{"running":{}}}]}"#
        let fine = #""status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}"#
        let text = HealthCause.explain(pods: [
            pod("old", crash, deleted: true), pod("a", unready), pod("b", crash), pod("c", fine), pod("d", crash),
        ])
        #expect(
            text
                == "pod b, container app: CrashLoopBackOff: exit code 1, Error, cannot open database (2 restarts)"
                + " (and 1 more pod)")
        #expect(HealthCause.explain(pods: [pod("c", fine)]) == nil)
    }

    @Test func `a report is one object for one document and a list for more`() {
        let map = Fixture.configMap("c")
        #expect(HealthReport(of: [map]).json == ["kind": "ConfigMap", "name": "c", "status": "Healthy", "message": ""])
        #expect(HealthReport(of: [map, map]).json.arrayValue?.count == 2)
    }
}
