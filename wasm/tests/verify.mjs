// `node verify.mjs FILE [--dns TRANSCRIPT] [--ip A] [--helo N] [--mail-from M] [--authserv-id N] [--now UNIX]
// [--accept-body-length]` prints the report's JSON. It takes the words of `passerelle verify`, so that the two can be
// compared; the exit codes are the command's too.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { examine, fromFile, Transcript, transcriptResolver } from "../pkg/node.js";

const text = { type: "string" };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dns: text,
    ip: text,
    helo: text,
    "mail-from": text,
    "authserv-id": text,
    now: text,
    "accept-body-length": { type: "boolean" },
    json: { type: "boolean" },
  },
});

try {
  const { octets, notes } = fromFile(readFileSync(positionals[0]));
  const { json, authenticated } = await examine(octets, {
    ip: values.ip,
    helo: values.helo,
    mailFrom: values["mail-from"],
    authservId: values["authserv-id"],
    acceptBodyLength: values["accept-body-length"],
    now: values.now === undefined ? undefined : Number(values.now),
    resolve: transcriptResolver(new Transcript(readFileSync(values.dns, "utf8"))),
    notes,
  });
  console.log(json);
  process.exitCode = { yes: 0, no: 1, temporarily: 3, undecided: 1 }[authenticated];
} catch (error) {
  console.error(`verify.mjs: ${error.message}`);
  process.exitCode = 2;
}
