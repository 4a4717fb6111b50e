// A program that uses all of the package's types, to be checked and not run.

import {
  decodeResponse,
  dohResolver,
  encodeQuery,
  examine,
  extract,
  face,
  fromFile,
  init,
  recognize,
  recordingResolver,
  Transcript,
  transcriptResolver,
  Verification,
  verify,
  type Answer,
  type Authenticated,
  type FollowedAnswer,
  type Recognized,
  type Report,
  type Resolve,
} from "passerelle";

const table: Resolve = async (name, recordType) => {
  if (recordType === "TXT" && name === "example.org") {
    return { records: ["v=spf1 -all", ["two", "parts"], new Uint8Array(1)], ttl: 300, secure: true };
  }
  return { status: "NXDOMAIN" };
};

export async function withEverything(file: Blob): Promise<string[]> {
  await init(new URL("https://cdn.example/passerelle_bg.wasm"));
  const recorded = new Transcript();
  const octetsOfFile = await file.arrayBuffer();
  const found: Recognized = recognize(octetsOfFile);
  const inner: Uint8Array = found.holdsMessage ? extract(octetsOfFile, found.messages ?? 1) : new Uint8Array();
  const name: string | null | undefined = face(octetsOfFile).from[0]?.mailboxes[0]?.name;
  if (name === undefined) return [];
  const { octets, notes } = fromFile(inner.length > 0 ? inner : octetsOfFile);
  const { report, json, authenticated } = await examine(octets, {
    ip: "192.0.2.25",
    helo: "mx.example.org",
    mailFrom: "",
    authservId: "mx.example.net",
    acceptBodyLength: false,
    now: new Date(),
    timeout: 5000,
    signal: AbortSignal.timeout(60_000),
    notes,
    resolve: recordingResolver(dohResolver(new URL("https://resolver.example/dns-query"), { fetch }), recorded),
  });
  const word: Authenticated = authenticated;
  recorded.record("example.org", "A", { records: ["192.0.2.1"], aliases: [{ target: "a.example", secure: true }] });
  const answer: Required<Answer> = recorded.answer("example.org", "A");
  const steps: string[] = (recorded.answer("example.org", "A").aliases ?? []).map((a) => `${a.target} ${a.secure}`);
  const query: Uint8Array = encodeQuery("example.org", "TLSA");
  const decoded: FollowedAnswer = decodeResponse(query, "example.org", "TLSA");
  return [json, word, answer.status, decoded.status ?? "", ...steps, recorded.toString(), ...lines(report)];
}

function lines(report: Report): string[] {
  const { spf, spf_helo: helo, dkim, dmarc, iprev } = report;
  return [
    `${spf.result} ${spf.identity} ${spf.domain} ${spf.mechanism ?? ""} ${spf.lookups + spf.void_lookups}`,
    helo?.explanation ?? "",
    ...dkim.map((d) => `${d.result} ${d.domain ?? "?"} ${d.key_bits?.toFixed() ?? ""} ${d.body_uncovered ?? 0}`),
    `${dmarc.result} ${dmarc.policy ?? ""} ${dmarc.disposition} ${dmarc.aligned_by.join()}`,
    iprev === undefined ? "" : `${iprev.result} ${iprev.ip}`,
    report.authentication_results,
    ...report.trail.map(({ step, outcome, why, rfc }) => `${step} ${outcome} ${why} ${rfc}`),
  ];
}

export async function everyForm(stream: ReadableStream<Uint8Array>, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const resolve = transcriptResolver(new Transcript("{}"));
  for (const message of ["From: a@b.example\r\n\r\n", new Uint8Array(), new ArrayBuffer(0), new Blob([]), stream, chunks]) {
    const report: Report = await verify(message, { resolve, now: 1_700_000_000 });
    report.dkim.length satisfies number;
  }
}

export async function byHand(message: Uint8Array): Promise<string> {
  const verification = new Verification({ now: 1_700_000_000, ip: "2001:db8::1" });
  verification.note({ step: "s", outcome: "o", why: "w", rfc: "r" });
  verification.octets(message);
  verification.end();
  for (;;) {
    const output = verification.poll();
    switch (output.type) {
      case "ask":
        verification.answer(output.id, await table(output.name, output.recordType, {}));
        break;
      case "report":
        verification.free();
        return output.report + output.authenticated;
      case "idle":
        verification.deadline();
        break;
      case "spf":
      case "spf_helo":
      case "iprev":
      case "header":
      case "signature":
        output.json satisfies string;
        break;
      default:
        output satisfies never;
    }
  }
}

// @ts-expect-error: without a resolver there is nothing to decide by.
void verify("", { ip: "192.0.2.1" });
// @ts-expect-error: the engine has no clock.
void new Verification({});
// @ts-expect-error: no such record type.
void new Transcript().answer("example.org", "ANY");
