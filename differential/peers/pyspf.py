"""Judges SPF cases with pyspf: a case a line on standard input, a verdict a line on standard output."""

import json
import sys

import spf

zone = {}


def lookup(name, qtype, strict=True, timeout=20):
    node = zone.get(name.rstrip(".").lower())
    if node is None:
        return []
    if node["fails"]:
        raise spf.TempError("DNS: no answer")
    records = node.get(qtype, [])
    if qtype == "TXT":
        records = [(text.encode("latin-1"),) for text in records]
    elif qtype == "MX":
        records = [(preference, exchange) for preference, exchange in records]
    return [((name, qtype), record) for record in records]


spf.DNSLookup = lookup

for line in sys.stdin:
    case = json.loads(line)
    zone = case["zone"]
    try:
        word, why = spf.check2(i=case["ip"], s=case["mail_from"], h=case["helo"], querytime=0)
        verdict = word + " " + " ".join(why.split())
    except Exception as error:
        verdict = "crash " + type(error).__name__
    print(verdict.encode("ascii", "replace").decode(), flush=True)
