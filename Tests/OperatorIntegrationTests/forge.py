"""A forge on loopback for tests: the pull requests of one repository, by the API of GitHub, GitLab or Gitea.

What is merged is merged by git itself, in the bare repository that the Git server serves. Tests steer it below
/control: merge, close, fail, hold, pulls. It keeps the statuses of commits, too.
"""

import argparse
import hashlib
import hmac
import json
import re
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--kind", choices=["GitHub", "GitLab", "Gitea"])
parser.add_argument("--bare")
parser.add_argument("--path")
parser.add_argument("--token")
parser.add_argument("--port-file")
parser.add_argument("--hook-url", default="")
parser.add_argument("--hook-secret", default="")
options = parser.parse_args()

lock = threading.RLock()
pulls = []
statuses = []
failures = []  # (method, status, headers), taken one by one
held = {"when": "", "reached": False}
requests = []


def git(*words, cwd=None, fails=False):
    done = subprocess.run(["git", *words], cwd=cwd or options.bare, capture_output=True, text=True)
    if done.returncode and not fails:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def tip(branch):
    return git("rev-parse", "--verify", "-q", f"refs/heads/{branch}", fails=True)


def hook(kind):
    """Tells the operator, as a forge does, in a way that its payload is worth nothing."""
    if not options.hook_url:
        return
    body = json.dumps({"repository": {"clone_url": f"https://127.0.0.1/{options.path}.git"}, "event": kind}).encode()
    code = hmac.new(options.hook_secret.encode(), body, hashlib.sha256).hexdigest()
    name, value = {
        "GitHub": ("X-Hub-Signature-256", "sha256=" + code),
        "GitLab": ("X-Gitlab-Token", options.hook_secret),
        "Gitea": ("X-Gitea-Signature", code),
    }[options.kind]
    request = urllib.request.Request(options.hook_url, body, {"Content-Type": "application/json", name: value})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5)


def merge(pull, style):
    identity = ["-c", "user.name=Merger", "-c", "user.email=merger@company.example", "-c", "commit.gpgSign=false"]
    with tempfile.TemporaryDirectory() as scratch:
        git("clone", "-q", "--branch", pull["base"], options.bare, scratch)
        branch = "origin/" + pull["branch"]
        pull["head"] = tip(pull["branch"])
        if style == "merge":
            text = f"Merge pull request #{pull['number']} from {pull['branch']}\n\n{pull['title']}"
            git(*identity, "merge", "-q", "--no-ff", "-m", text, branch, cwd=scratch)
        elif style == "rebase":
            git("checkout", "-q", "-B", "work", branch, cwd=scratch)
            git(*identity, "rebase", "-q", "--no-ff", "origin/" + pull["base"], cwd=scratch)
        else:
            body = git("log", "-1", "--format=%b", branch, cwd=scratch) if style == "squash" else ""
            git("merge", "-q", "--squash", branch, cwd=scratch)
            text = f"{pull['title']} (#{pull['number']})\n\n{body}"
            git(*identity, "commit", "-q", "-m", text, cwd=scratch)
        git("push", "-q", "origin", "HEAD:" + pull["base"], cwd=scratch)
        pull["merge"] = git("rev-parse", "HEAD", cwd=scratch)
    pull["state"] = "merged"


def shown(pull):
    if pull["state"] == "open":
        pull["head"] = tip(pull["branch"]) or pull["head"]
    state, merged = pull["state"], pull["state"] == "merged"
    url = f"https://forge.example/{options.path}/pulls/{pull['number']}"
    if options.kind == "GitLab":
        return {
            "iid": pull["number"], "web_url": url, "state": {"open": "opened"}.get(state, state),
            "title": pull["title"], "description": pull["body"], "sha": pull["head"],
            "source_branch": pull["branch"], "target_branch": pull["base"], "source_project_id": 1,
            "target_project_id": 1, "merge_commit_sha": None, "squash_commit_sha": pull["merge"] if merged else None,
        }
    entry = {
        "number": pull["number"], "html_url": url, "state": "open" if state == "open" else "closed",
        "title": pull["title"], "body": pull["body"],
        # GitHub's is a trial before the merge.
        "merge_commit_sha": pull["merge"] if merged else "f" * 40,
        "head": {"ref": pull["branch"], "sha": pull["head"], "repo": {"full_name": options.path}},
        "base": {"ref": pull["base"]},
    }
    if options.kind == "GitHub":
        entry["merged_at"] = "2026-01-01T00:00:00Z" if merged else None
    else:
        entry["merged"] = merged
    return entry


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, value, headers=None):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"{}")
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path.startswith("/control/"):
            return self.control(parts.path.removeprefix("/control/"), body)
        with lock:
            requests.append(f"{self.command} {self.path}")
        scheme = "token" if options.kind == "Gitea" else "Bearer"
        if self.headers.get("Authorization") != f"{scheme} {options.token}":
            return self.answer(401, {"message": "Bad credentials"})
        with lock:
            for index, (method, status, headers) in enumerate(failures):
                if method in ("", self.command):
                    del failures[index]
                    return self.answer(status, {"message": f"told to fail with {status}"}, headers)
        lists = {
            "GitHub": f"/repos/{options.path}/pulls", "Gitea": f"/repos/{options.path}/pulls",
            "GitLab": f"/projects/{options.path.replace('/', '%2F')}/merge_requests",
        }[options.kind]
        told = re.fullmatch(r"(/.*)/statuses/([0-9a-f]{40})", parts.path)
        if told and lists.startswith(told[1] + "/") and self.command == "POST":
            with lock:
                statuses.append({
                    "commit": told[2], "state": body["state"], "context": body.get("context") or body.get("name"),
                    "description": body["description"],
                })
            return self.answer(201, {})
        said = re.fullmatch(
            re.escape(lists.replace("/pulls", "/issues")) + r"/(\d+)/(?:comments|notes)", parts.path)
        if said and self.command == "POST":
            with lock:
                pulls[int(said[1]) - 1]["comments"].append(body["body"])
                return self.answer(201, {"id": 1})
        found = re.fullmatch(re.escape(lists) + r"(?:/(\d+))?", parts.path)
        if not found:
            return self.answer(404, {"message": "Not Found"})
        if not found[1]:
            return self.list(query) if self.command == "GET" else self.open(body)
        with lock:
            pull = next((pull for pull in pulls if pull["number"] == int(found[1])), None)
            if pull is None:
                return self.answer(404, {"message": "Not Found"})
            if self.command in ("PATCH", "PUT"):
                pull["title"] = body.get("title", pull["title"])
                pull["body"] = body.get("body", body.get("description", pull["body"]))
                if body.get("state") == "closed" or body.get("state_event") == "close":
                    if pull["state"] == "open":
                        pull["state"] = "closed"
            return self.answer(200, shown(pull))

    def list(self, query):
        with lock:
            chosen = list(reversed(pulls))
            if options.kind == "GitHub":
                owner, branch = query["head"].split(":", 1)
                assert owner == options.path.split("/")[0]
                chosen = [pull for pull in chosen if pull["branch"] == branch and pull["base"] == query["base"]]
            elif options.kind == "GitLab":
                chosen = [
                    pull for pull in chosen
                    if pull["branch"] == query["source_branch"] and pull["base"] == query["target_branch"]
                ]
            return self.answer(200, [shown(pull) for pull in chosen])

    def open(self, body):
        if held["when"] == "before":
            self.hold()
            return
        with lock:
            branch = body.get("head") or body.get("source_branch")
            base = body.get("base") or body.get("target_branch")
            if not tip(branch) or tip(branch) == tip(base):
                return self.answer(422, {"message": "Validation Failed", "errors": [{"message": "no commits"}]})
            if any(pull["branch"] == branch and pull["state"] == "open" for pull in pulls):
                return self.answer(422 if options.kind == "GitHub" else 409, {"message": "there is one already"})
            pull = {
                "number": len(pulls) + 1, "branch": branch, "base": base, "title": body["title"],
                "body": body.get("body", body.get("description", "")), "state": "open", "head": "", "merge": "",
                "comments": [],
            }
            pulls.append(pull)
            answer = shown(pull)
        if held["when"] == "after":
            self.hold()
            return
        return self.answer(201, answer)

    def hold(self):
        """Keeps the peer waiting for an answer that does not come."""
        held["when"], held["reached"] = "", True
        time.sleep(60)

    def control(self, verb, body):
        with lock:
            if verb == "pulls":
                return self.answer(
                    200, {"pulls": [dict(pull, head=shown(pull) and pull["head"]) for pull in pulls],
                          "held": held["reached"], "requests": requests, "statuses": statuses})
            if verb == "fail":
                failures.extend((body.get("method", ""), body["status"], body.get("headers")) for _ in range(body["times"]))
            elif verb == "hold":
                held.update(when=body["when"], reached=False)
            elif verb == "merge":
                merge(pulls[body["number"] - 1], body["style"])
            elif verb == "close":
                pulls[body["number"] - 1]["state"] = "closed"
            if verb in ("merge", "close"):
                hook(verb)
        return self.answer(200, {})

    do_GET = do_POST = do_PATCH = do_PUT = serve


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(options.port_file, "w") as out:
    out.write(str(server.server_address[1]))
server.serve_forever()
