// What the tests share: the package as built, and a message that is signed here, by other code than ours.

import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { fileURLToPath } from "node:url";

export const packageFolder = fileURLToPath(new URL("../pkg/", import.meta.url));
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Seconds since 1970; the signatures here have no times, so any will do. */
export const NOW = 1_700_000_000;
export const ENVELOPE = { ip: "192.0.2.25", helo: "mx.example.org", mailFrom: "alice@example.org" };

const keys = generateKeyPairSync("ed25519");
const publicKey = keys.publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("base64");

/** A message of alice@example.org, signed simple/simple with Ed25519 (RFC 6376 §3.4.1, RFC 8463). */
export function signedMessage(body = "Hello.\r\n") {
  const from = "From: Alice <alice@example.org>\r\n";
  const subject = "Subject: greetings\r\n";
  const bh = createHash("sha256").update(body).digest("base64");
  const unsigned =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple; d=example.org; s=key;\r\n" +
    ` h=from:subject; bh=${bh};\r\n b=`;
  const hash = createHash("sha256").update(from + subject + unsigned).digest();
  const signature = sign(null, hash, keys.privateKey).toString("base64");
  return `${unsigned}${signature}\r\n${from}${subject}\r\n${body}`;
}

/** The DNS in which that message passes everything, as the value that a transcript's JSON stands for. */
export function dns() {
  return {
    default: "NXDOMAIN",
    answers: [
      { name: "example.org", type: "TXT", records: ["v=spf1 ip4:192.0.2.25 -all"] },
      { name: "key._domainkey.example.org", type: "TXT", records: [`v=DKIM1; k=ed25519; p=${publicKey}`] },
      { name: "_dmarc.example.org", type: "TXT", records: ["v=DMARC1; p=reject"] },
      { name: "25.2.0.192.in-addr.arpa", type: "PTR", records: ["mx.example.org"] },
      { name: "mx.example.org", type: "A", records: ["192.0.2.25"] },
    ],
  };
}

/** Drains a Verification: its questions, and the report when it came. */
export function drain(verification) {
  const questions = [];
  for (;;) {
    const output = verification.poll();
    if (output.type === "ask") questions.push(output);
    else return { questions, report: output.type === "report" ? output : undefined };
  }
}
