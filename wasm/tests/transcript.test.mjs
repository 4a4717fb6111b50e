// Transcripts: the same file that the command reads and writes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { recordingResolver, Transcript, transcriptResolver } from "../pkg/node.js";

const JSON_TEXT = JSON.stringify({
  default: "SERVFAIL",
  answers: [
    { name: "example.org", type: "TXT", records: ["v=spf1 -all", ["two ", "strings"], { base64: "/0E=" }], ttl: 300 },
    { name: "example.org", type: "MX", records: ["10 MX.example.org."], secure: true },
    { name: "www.example.org", type: "CNAME", records: ["example.org"] },
    { name: "slow.example.org", type: "A", status: "TIMEOUT" },
  ],
});

test("answers are those of the file", () => {
  const transcript = new Transcript(JSON_TEXT);
  assert.deepEqual(transcript.answer("Example.ORG.", "TXT"), {
    status: "NOERROR",
    records: ["v=spf1 -all", "two strings", Uint8Array.of(0xff, 0x41)],
    ttl: 300,
    secure: false,
  });
  assert.deepEqual(transcript.answer("example.org", "MX").records, ["10 mx.example.org"]);
  assert.equal(transcript.answer("example.org", "MX").secure, true);
  assert.deepEqual(transcript.answer("www.example.org", "mx").records, ["10 mx.example.org"]);
  assert.equal(transcript.answer("slow.example.org", "A").status, "TIMEOUT");
  assert.equal(transcript.answer("elsewhere.example", "A").status, "SERVFAIL");
  assert.deepEqual(transcript.answer("example.org", "A"), { status: "NOERROR", records: [], ttl: 0, secure: false });
});

test("an empty one knows no name", () => {
  assert.equal(new Transcript().answer("example.org", "A").status, "NXDOMAIN");
});

test("what is recorded is answered, and written", () => {
  const transcript = new Transcript();
  transcript.record("bücher.example", "TXT", { records: ["a", ["b", "c"], Uint8Array.of(0xfe)], ttl: 60, secure: true });
  transcript.record("gone.example", "A", { status: "NXDOMAIN" });
  transcript.record("down.example", "A", { status: "servfail" });
  const again = new Transcript(transcript.toString());
  assert.deepEqual(again.answer("xn--bcher-kva.example", "TXT"), {
    status: "NOERROR",
    records: ["a", "bc", Uint8Array.of(0xfe)],
    ttl: 60,
    secure: true,
  });
  assert.equal(again.answer("gone.example", "A").status, "NXDOMAIN");
  assert.equal(again.answer("down.example", "A").status, "SERVFAIL");
  assert.deepEqual(JSON.parse(JSON.stringify(transcript)), JSON.parse(transcript.toString()));
});

test("what cannot be read is an Error that says why", () => {
  for (const [json, message] of [
    ["", /is not a JSON object/],
    ["{", /is not readable/],
    ['{"answers": [{"name": "a.example", "type": "HINFO"}]}', /the type is not understood/],
    ['{"answers": [{"name": "a.example", "type": "A", "records": ["::1"]}]}', /'::1' is no A record; it has the form/],
  ]) {
    assert.throws(() => new Transcript(json), (error) => error instanceof Error && message.test(error.message), json);
  }
  assert.throws(() => new Transcript({ answers: [] }), /is read from a string/);
});

test("questions and answers that make no sense", () => {
  const transcript = new Transcript();
  assert.throws(() => transcript.answer("a..example", "A"), /'a\.\.example' is no domain name/);
  assert.throws(() => transcript.answer("a.example", "ANY"), /the record type 'ANY' is not understood; A, /);
  assert.throws(() => transcript.answer("a.example"), /recordType must be a string/);
  for (const [answer, message] of [
    [undefined, /the answer must be an object/],
    ["192.0.2.1", /the answer must be an object/],
    [{ status: "REFUSED" }, /'REFUSED' is none of/],
    [{ status: 0 }, /status of the answer must be a string/],
    [{ records: "192.0.2.1" }, /records of the answer must be an array/],
    [{ records: ["localhost"] }, /'localhost' is no A record/],
    [{ records: [1] }, /must be a string in presentation form/],
    [{ status: "NXDOMAIN", records: ["192.0.2.1"] }, /records beside the status NXDOMAIN/],
    [{ ttl: -1 }, /ttl of the answer must be a number of seconds/],
    [{ ttl: 2 ** 32 }, /ttl of the answer must be a number of seconds/],
    [{ ttl: NaN }, /ttl of the answer must be a number of seconds/],
    [{ secure: "yes" }, /secure of the answer must be true or false/],
    [{ get records() { throw new Error("no"); } }, /records of the answer cannot be read/],
  ]) {
    assert.throws(() => transcript.record("a.example", "A", answer), message);
  }
  assert.throws(() => transcript.record("a.example", "TXT", { records: [[1]] }), /a TXT record must be a string/);
  assert.equal(transcript.answer("a.example", "A").status, "NXDOMAIN");
});

test("recording keeps failures, and hands them on as answers", async () => {
  const transcript = new Transcript();
  const world = transcriptResolver(new Transcript(JSON_TEXT));
  const resolve = recordingResolver(async (name, type) => {
    if (name === "late.example") throw Object.assign(new Error("queryA ETIMEOUT"), { code: "ETIMEOUT" });
    if (name === "broken.example") throw new Error("connection refused");
    return world(name, type);
  }, transcript);
  assert.deepEqual(await resolve("example.org", "MX"), await world("example.org", "MX"));
  assert.equal((await resolve("late.example", "A")).status, "TIMEOUT");
  assert.equal((await resolve("broken.example", "A")).status, "SERVFAIL");
  const again = new Transcript(transcript.toString());
  assert.deepEqual(again.answer("example.org", "MX"), await world("example.org", "MX"));
  assert.equal(again.answer("late.example", "A").status, "TIMEOUT");
  assert.equal(again.answer("broken.example", "A").status, "SERVFAIL");
});
