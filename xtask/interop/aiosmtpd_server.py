"""aiosmtpd as a server with the options of `passerelle serve`: it accepts mail and files it in a maildir.

A peer for `passerelle send`, the store behind the MTAs, and the stand-in for `passerelle serve` where the peers are
tried without ours.
"""

import argparse
import asyncio
import os
import signal
import ssl

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", action="append", default=[])
    parser.add_argument("--listen-tls", action="append", default=[])
    parser.add_argument("--lmtp", action="store_true")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--maildir", required=True)
    parser.add_argument("--domain", action="append", default=[])
    parser.add_argument("--auth-users")
    parser.add_argument("--hostname", default="aiosmtpd.test")
    return parser.parse_args()


class Maildir:
    """Writes each message once, below a line for every recipient of its envelope."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        for name in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)

    def write(self, envelope):
        self.count += 1
        name = f"{os.getpid()}.{self.count}"
        before = os.path.join(self.folder, "tmp", name)
        with open(before, "wb") as file:
            file.write(f"Return-Path: <{envelope.mail_from}>\r\n".encode())
            for recipient in envelope.rcpt_tos:
                file.write(f"Delivered-To: {recipient}\r\n".encode())
            file.write(envelope.original_content)
        os.rename(before, os.path.join(self.folder, "new", name))


class Handler:
    def __init__(self, maildir, domains):
        self.maildir = maildir
        self.domains = domains

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.rpartition("@")[2].lower() not in self.domains and not session.authenticated:
            return "550 5.7.1 No relaying"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        self.maildir.write(envelope)
        # A server that speaks LMTP answers for each recipient; aiosmtpd sends this as it is.
        replies = len(envelope.rcpt_tos) if isinstance(server, LMTP) else 1
        return "\r\n".join(["250 2.0.0 Filed"] * replies)


def authenticator(users):
    def check(server, session, envelope, mechanism, data):
        name, password = data.login.decode(), data.password.decode()
        return AuthResult(success=users.get(name) == password, handled=False, auth_data=name)

    return check


async def main():
    options = arguments()
    users = {}
    if options.auth_users:
        with open(options.auth_users, encoding="utf-8") as file:
            users = dict(line.rstrip("\n").split(":", 1) for line in file if ":" in line)
    context = None
    if options.tls_cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.tls_cert, options.tls_key)
    handler = Handler(Maildir(options.maildir), {domain.lower() for domain in options.domain})

    def protocol(tls_context):
        return (LMTP if options.lmtp else SMTP)(
            handler,
            hostname=options.hostname,
            data_size_limit=20_000_000,
            enable_SMTPUTF8=True,
            tls_context=tls_context,
            authenticator=authenticator(users) if users else None,
            loop=asyncio.get_running_loop(),
        )

    loop = asyncio.get_running_loop()
    servers = []
    for addresses, implicit in ((options.listen, False), (options.listen_tls, True)):
        for address in addresses:
            host, port = address.rsplit(":", 1)
            server = await loop.create_server(
                lambda implicit=implicit: protocol(None if implicit else context),
                host,
                int(port),
                ssl=context if implicit else None,
            )
            port = server.sockets[0].getsockname()[1]
            print(f"listening on {host}:{port}{' (TLS)' if implicit else ''}", flush=True)
            servers.append(server)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


asyncio.run(main())
