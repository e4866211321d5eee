"""From nothing to a page with a joke and the model's answer, found by ClusterIP DNS."""

from e2e.kubernetes import Namespace, wait
from e2e.release import SERVICES, Release

RESOLVE = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"

ASK = """
import sys, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=3).read().decode())
except OSError as error:
    print("refused:", error)
"""


def test_a_release_comes_up_and_its_page_is_whole(release: Release) -> None:
    release.settle()  # ends when the page, the API and both backends give the right answers
    (pod,) = release.ready("frontend")
    assert release.environment(pod)["JOKER_URL"] == "http://joker"
    assert release.environment(pod)["MODEL_URL"] == "http://model"
    for service in SERVICES:
        assert release.python(pod, RESOLVE, service).strip() == release.get("service", service)["spec"]["clusterIP"]


def test_another_namespace_gets_in_by_full_name_once_a_policy_allows_it(release: Release, other: Namespace) -> None:
    release.settle({"joker": {"service": {"type": "ClusterIP", "nodePort": 0}}}, checked=("model", "frontend"))
    url = f"http://joker.{release.name}.svc.cluster.local/"

    def answer() -> str:
        return other.python("stranger", ASK, url)

    wait("the stranger is refused", lambda: "refused" in answer())
    release.apply(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "joker-from-other"},
            "spec": {
                "podSelector": {"matchLabels": {"app.kubernetes.io/name": "joker"}},
                "ingress": [
                    {
                        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": other.name}}}],
                        "ports": [{"port": "http"}],
                    }
                ],
            },
        }
    )
    wait("the stranger gets a joke", lambda: "random_joke" in answer())
    release.kubectl("delete", "networkpolicy", "joker-from-other")
    wait("the stranger is refused again", lambda: "refused" in answer())
