"""A service dies, and a mail says so, through Prometheus, Alertmanager and SMTP, with the repository's own files."""

import contextlib
import email
import email.policy
import re
import signal
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from servicekit.testing import free_port, running

from monitoring.queries import ROOT
from monitoring.stack import SMTP, alertmanager, alertmanager_config, fire, poll, prometheus, services

LOGIN = ("alerts@punchline.example", "correct horse battery staple")


class Mailbox:
    """An SMTP server's mails, and who tried to log in with what: only with `login`, if there is one, it takes mail."""

    def __init__(self, login: tuple[str, str] | None) -> None:
        self.login = login
        self.logins: list[tuple[str, str]] = []
        self.mails: list[EmailMessage] = []
        self.smarthost = f"127.0.0.1:{free_port()}"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == self.login, handled=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def about(self, subject: str) -> EmailMessage | None:
        return next((mail for mail in self.mails if subject in mail["Subject"]), None)


@contextlib.contextmanager
def mailbox(login: tuple[str, str] | None = None) -> Iterator[Mailbox]:
    box = Mailbox(login)
    host, _, port = box.smarthost.partition(":")
    controller = Controller(
        box,
        hostname=host,
        port=int(port),
        authenticator=box.authenticate,
        auth_required=login is not None,
        auth_require_tls=login is None,  # Go sends a password without TLS to this machine only, which this is
        auth_exclude_mechanism=["LOGIN"],  # aiosmtpd asks for a "User Name", Alertmanager knows "Username:" only
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def quick(file: Path) -> Path:
    """The same configuration with times for a test: nothing else is changed."""
    config = yaml.safe_load(file.read_text())
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "1s"}
    file.write_text(yaml.safe_dump(config))
    return file


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body, f"no {kind} part"
    return str(body.get_content())


@pytest.mark.timeout(240)
def test_a_mail_says_that_joker_is_down_and_another_that_it_is_back(tmp_path: Path) -> None:
    with (
        mailbox() as box,
        services() as processes,
        alertmanager(quick(alertmanager_config(tmp_path, {"SMTP_SMARTHOST": box.smarthost}))) as alerts,
        prometheus(
            {name: process.url for name, process in processes.items()}, tmp_path, alertmanager=alerts
        ) as watching,
    ):
        joker = processes["joker"]
        poll("joker is scraped", lambda: watching.vector('up{service="joker"} == 1'))
        joker.send(signal.SIGKILL)
        joker.wait()
        mail = poll("the mail", lambda: box.about("ServiceDown"), seconds=120)  # ServiceDown waits for a minute
        assert mail["Subject"] == "[FIRING 1] ServiceDown joker in compose"
        assert mail["To"] == SMTP["ONCALL_EMAIL"]
        assert mail["From"] == SMTP["SMTP_FROM"]
        runbook = "https://gitlab.com/acme/punchline/-/blob/main/docs/runbooks/ServiceDown.md"
        for kind in ("plain", "html"):
            text = part(mail, kind)
            assert "joker is down" in text
            assert "0 instances of joker in compose answer." in text
            assert runbook in text
        assert f'href="{runbook}"' in part(mail, "html")
        assert (ROOT / "docs/runbooks" / runbook.rpartition("/")[2]).is_file()

        with running("joker", PORT=joker.url.rpartition(":")[2]):
            resolved = poll("the second mail", lambda: box.about("[RESOLVED]"), seconds=60)
        assert resolved["Subject"] == "[RESOLVED] ServiceDown joker in compose"
        assert re.search(r"From \d{4}-\d\d-\d\d \d\d:\d\d:\d\d to ", part(resolved, "plain"))
    # Watchdog has been firing all the time: it is nobody's mail.
    assert not box.about("Watchdog")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_mail_is_sent_with_the_username_and_the_password_of_the_environment(tmp_path: Path) -> None:
    def slow(service: str) -> dict[str, str]:
        return {"alertname": "LatencyHigh", "severity": "warning", "namespace": "compose", "service": service}

    username, password = LOGIN
    with mailbox(LOGIN) as box:
        login = {"SMTP_USERNAME": username, "SMTP_PASSWORD": password}
        file = quick(alertmanager_config(tmp_path, {"SMTP_SMARTHOST": box.smarthost, **login}))
        assert password not in file.read_text()
        with alertmanager(file) as alerts:
            fire(alerts, slow("joker"))
            mail = poll("the mail", lambda: box.about("LatencyHigh joker"))
            assert mail["To"] == SMTP["TEAM_EMAIL"]
            assert set(box.logins) == {LOGIN}

            # The file is read for each mail: with a wrong password none is sent, with the right one it comes after all.
            secret = Path(yaml.safe_load(file.read_text())["global"]["smtp_auth_password_file"])
            secret.write_text("wrong")
            fire(alerts, slow("model"))
            poll("two refused logins", lambda: box.logins.count((username, "wrong")) > 1)
            assert not box.about("LatencyHigh model")
            secret.write_text(password)
            poll("the mail after all", lambda: box.about("LatencyHigh model"))
