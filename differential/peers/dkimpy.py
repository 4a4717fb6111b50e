"""Judges DKIM cases with dkimpy: a case a line on standard input, a verdict a line on standard output."""

import base64
import logging
import sys

import dkim

logging.disable(logging.CRITICAL)


def judge(message, name, key):
    def dns(asked, timeout=5):
        asked = asked.decode("utf-8", "replace") if isinstance(asked, bytes) else asked
        if key == "failed":
            raise dkim.DnsTimeoutError("no answer")
        if key == "missing" or asked.rstrip(".").lower() != name:
            return None
        # Its own resolver takes the first TXT record.
        return base64.b64decode(key.split(",")[0])

    try:
        return "pass" if dkim.DKIM(message).verify(dnsfunc=dns) else "permfail"
    except dkim.DKIMException as error:
        return "permfail " + type(error).__name__
    except Exception as error:
        return "crash " + type(error).__name__


for line in sys.stdin:
    message, name, key = line.rstrip("\n").split("\t")
    print(judge(base64.b64decode(message), name, key), flush=True)
