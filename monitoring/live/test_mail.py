"""A service dies, and a mail says so, through Prometheus, Alertmanager and SMTP, with the repository's own files."""

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
from servicekit.testing import free_port, running

from monitoring.queries import ROOT
from monitoring.stack import SMTP, alertmanager, alertmanager_config, poll, prometheus, services

PASSWORD = "correct horse battery staple"


class Mailbox:
    """An SMTP server's mails, and who logged in with what."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def about(self, subject: str) -> EmailMessage | None:
        return next((mail for mail in self.mails if subject in mail["Subject"]), None)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """An SMTP server, and its HOST:PORT."""
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"127.0.0.1:{port}"
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
def test_a_mail_says_that_joker_is_down_and_another_that_it_is_back(
    tmp_path: Path, mailbox: tuple[Mailbox, str]
) -> None:
    box, smarthost = mailbox
    file = quick(alertmanager_config(tmp_path, {"SMTP_SMARTHOST": smarthost}))
    with (
        services() as processes,
        alertmanager(file) as alerts,
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
