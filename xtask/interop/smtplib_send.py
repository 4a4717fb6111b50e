"""Python's smtplib as a client with the options of `passerelle send`, exit codes too.

A peer for `passerelle serve`, and the stand-in for `passerelle send` where the peers are tried without ours.
"""

import argparse
import smtplib
import ssl
import sys


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True)
    parser.add_argument("--from", dest="sender", required=True)
    parser.add_argument("--rcpt", action="append", required=True)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--ca")
    parser.add_argument("--tls-name")
    parser.add_argument("--auth")
    parser.add_argument("--auth-mechanism")
    parser.add_argument("--lmtp", action="store_true")
    parser.add_argument("--bdat", action="store_true")
    parser.add_argument("file")
    return parser.parse_args()


def named(context, name):
    """smtplib checks the name that it connected to; it is to check this one."""
    wrap = context.wrap_socket
    context.wrap_socket = lambda sock, server_hostname=None, **rest: wrap(sock, server_hostname=name, **rest)
    return context


def authenticate(client, options):
    user, file = options.auth.split(":", 1)
    with open(file, encoding="utf-8") as secret:
        password = secret.read().rstrip("\n")
    if options.auth_mechanism:
        client.user, client.password = user, password
        name = options.auth_mechanism.lower().replace("-", "_")
        client.auth(options.auth_mechanism, getattr(client, f"auth_{name}"))
    else:
        client.login(user, password)


def send_in_chunks(client, options, message, parameters):
    """What sendmail() does, in three BDAT commands that cut the message at odd places."""
    for code, text in [client.mail(options.sender, parameters), *map(client.rcpt, options.rcpt)]:
        if code >= 300:
            raise smtplib.SMTPResponseException(code, text)
    cuts = [0, len(message) // 3, len(message) // 3 + 1, len(message)]
    for start, end in zip(cuts, cuts[1:]):
        last = " LAST" if end == len(message) else ""
        client.send(f"BDAT {end - start}{last}\r\n".encode() + message[start:end])
        code, text = client.getreply()
        if code >= 300:
            raise smtplib.SMTPResponseException(code, text)
    return {}


def main():
    options = arguments()
    host, port = options.to.rsplit(":", 1)
    with open(options.file, "rb") as file:
        message = file.read()
    context = named(ssl.create_default_context(cafile=options.ca), options.tls_name or host)
    if options.tls == "implicit":
        client = smtplib.SMTP_SSL(host, int(port), timeout=60, context=context)
    elif options.lmtp:
        client = smtplib.LMTP(host, int(port))
    else:
        client = smtplib.SMTP(host, int(port), timeout=60)
    with client:
        client.ehlo_or_helo_if_needed()
        if options.tls == "starttls":
            client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
        if options.auth:
            authenticate(client, options)
        parameters = []
        if client.has_extn("size"):
            parameters.append(f"size={len(message)}")
        if client.has_extn("8bitmime") and not message.isascii():
            parameters.append("body=8bitmime")
        addresses = [options.sender, *options.rcpt]
        if not all(address.isascii() for address in addresses):
            if not client.has_extn("smtputf8"):
                sys.exit(1)
            parameters.append("smtputf8")
            # What sendmail() does with an address beyond ASCII is for its caller to prepare.
            client.command_encoding = "utf-8"
        try:
            if options.bdat:
                refused = send_in_chunks(client, options, message, parameters)
            else:
                refused = client.sendmail(options.sender, options.rcpt, message, parameters)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPResponseException as error:
            refused = {"": (error.smtp_code, error.smtp_error)}
    for recipient, (code, text) in refused.items():
        print(recipient, code, text)
    if any(code >= 500 for code, _ in refused.values()):
        sys.exit(1)
    sys.exit(3 if refused else 0)


main()
