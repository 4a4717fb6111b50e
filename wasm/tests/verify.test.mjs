// verify(): every form of a message, and resolvers that answer late, wrongly or not at all.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";

import { examine, fromFile, init, recordingResolver, Transcript, transcriptResolver, verify } from "../pkg/node.js";
import { dns, ENVELOPE, NOW, signedMessage } from "./support.mjs";

const message = signedMessage();
const octets = new TextEncoder().encode(message);
const resolve = transcriptResolver(new Transcript(JSON.stringify(dns())));
const options = { ...ENVELOPE, now: NOW, resolve };

test("the report is an object, and examine() gives its JSON too", async () => {
  const report = await verify(octets, options);
  assert.equal(report.dmarc.result, "pass");
  assert.deepEqual(report.dmarc.aligned_by.toSorted(), ["dkim", "spf"]);
  assert.equal(report.iprev.result, "pass");
  const examination = await examine(octets, options);
  assert.deepEqual(examination.report, report);
  assert.deepEqual(JSON.parse(examination.json), report);
  assert.equal(examination.authenticated, "yes");
});

test("every form of the message gives the same report", async () => {
  const { json } = await examine(octets, options);
  const cut = (size) => Array.from({ length: Math.ceil(octets.length / size) }, (_, n) => octets.subarray(n * size, (n + 1) * size));
  const forms = {
    string: message,
    ArrayBuffer: octets.slice().buffer,
    DataView: new DataView(octets.slice().buffer),
    Buffer: Buffer.from(octets),
    Blob: new Blob([octets]),
    ReadableStream: new Blob([octets]).stream(),
    "stream of octets one by one": ReadableStream.from(cut(1)),
    "Node's stream": Readable.from(cut(5)),
    "generator of strings": (async function* () {
      yield* message.match(/[^]{1,9}/g);
    })(),
  };
  for (const [form, value] of Object.entries(forms)) assert.equal((await examine(value, options)).json, json, form);
});

test("a Date is as good as seconds", async () => {
  const { json } = await examine(message, options);
  assert.equal((await examine(message, { ...options, now: new Date(NOW * 1000) })).json, json);
  await assert.rejects(verify(message, { ...options, now: new Date(NaN) }), /now of options/);
  assert.equal((await verify(message, { ...options, now: undefined })).dmarc.result, "pass");
});

test("without an envelope the message speaks for itself", async () => {
  const report = await verify(message, { resolve, now: NOW });
  assert.equal(report.spf.result, "none");
  assert.equal(report.iprev, undefined);
  assert.deepEqual([report.dmarc.result, report.dmarc.aligned_by], ["pass", ["dkim"]]);
});

test("questions are asked together, and while the message still comes in", async () => {
  let open = 0;
  let most = 0;
  let complete = false;
  const asked = [];
  const report = await verify(
    (async function* () {
      const end = message.indexOf("\r\n\r\n") + 4;
      yield message.slice(0, end);
      await new Promise((done) => setTimeout(done, 20));
      complete = true;
      yield message.slice(end);
    })(),
    {
      ...options,
      resolve: async (name, type) => {
        asked.push({ name, complete });
        most = Math.max(most, (open += 1));
        await new Promise((done) => setTimeout(done, 5));
        open -= 1;
        return resolve(name, type);
      },
    },
  );
  assert.equal(report.dmarc.result, "pass");
  assert.ok(most >= 2, `at most ${most} at a time`);
  assert.equal(asked.find((question) => question.name.startsWith("key."))?.complete, false);
});

test("a lookup that fails is a temporary error, and nothing worse", async () => {
  const failures = [
    () => Promise.reject(new Error("the network is down")),
    () => Promise.reject(undefined),
    () => {
      throw new Error("at once");
    },
    () => undefined,
    () => ({ status: "REFUSED" }),
    () => ({ records: "v=spf1" }),
    () => ({ records: [7] }),
  ];
  for (const failing of failures) {
    const { report, authenticated } = await examine(message, { ...options, resolve: failing });
    assert.equal(report.spf.result, "temperror", String(failing));
    assert.equal(authenticated, "temporarily");
  }
});

test("errors that speak of time are TIMEOUT, others SERVFAIL", async () => {
  const errors = {
    TIMEOUT: [
      new DOMException("too late", "TimeoutError"),
      Object.assign(new Error("queryTxt ETIMEOUT"), { code: "ETIMEOUT" }),
      new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "UND_ERR_CONNECT_TIMEOUT" }) }),
    ],
    SERVFAIL: [new Error("timeout"), new DOMException("gone", "AbortError"), null],
  };
  for (const [status, list] of Object.entries(errors)) {
    for (const error of list) {
      const transcript = new Transcript();
      await recordingResolver(() => Promise.reject(error), transcript)("example.org", "TXT");
      assert.equal(transcript.answer("example.org", "TXT").status, status, String(error));
    }
  }
});

test("answers are waited for so long and no longer, and lookups are then broken off", async () => {
  let aborted = 0;
  const never = (name, type, { signal }) =>
    new Promise(() => signal.addEventListener("abort", () => (aborted += 1)));
  const start = performance.now();
  const { report, authenticated } = await examine(message, { ...options, resolve: never, timeout: 30 });
  assert.ok(performance.now() - start < 5000);
  assert.equal(report.spf.result, "temperror");
  assert.equal(authenticated, "temporarily");
  assert.ok(aborted >= 2);
});

test("a resolver that does not listen may answer later; nothing comes of it", async () => {
  const late = [];
  const report = await verify(message, {
    ...options,
    timeout: 5,
    resolve: (name, type) =>
      new Promise((done) => late.push(setTimeout(async () => done(await resolve(name, type)), 30))),
  });
  assert.equal(report.dmarc.result, "temperror");
  await new Promise((done) => setTimeout(done, 60));
  assert.notEqual(late.length, 0);
});

test("a timeout without end is none", async () => {
  assert.equal((await verify(message, { ...options, timeout: Infinity })).dmarc.result, "pass");
});

test("a signal breaks the verification off", async () => {
  const controller = new AbortController();
  const never = verify(new ReadableStream({}), { ...options, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(never, /enough/);
  await assert.rejects(verify(message, { ...options, signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("a message that breaks off is an error, not a report", async () => {
  let cancelled = false;
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(octets.subarray(0, 20));
      controller.error(new Error("connection reset"));
    },
  });
  await assert.rejects(verify(broken, options), /connection reset/);
  const wrong = new ReadableStream({
    start: (controller) => controller.enqueue(42),
    cancel: () => {
      cancelled = true;
    },
  });
  await assert.rejects(verify(wrong, options), /a chunk of the message must be a Uint8Array/);
  assert.ok(cancelled);
});

test("what is no message or no resolver is refused", async () => {
  for (const value of [undefined, null, 7, {}, [1, 2]]) {
    await assert.rejects(verify(value, options), /the message must be a Uint8Array/, String(value));
  }
  await assert.rejects(verify(message), /resolve must be a function/);
  await assert.rejects(verify(message, { ...options, ip: "mx.example.org" }), /is no IP address/);
  await assert.rejects(verify(message, { ...options, notes: ["x"] }), /the step must be an object/);
});

test("verifications side by side do not disturb each other", async () => {
  const { json } = await examine(message, options);
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      examine(n % 2 ? message : message.replace("Hello", "Hallo"), { ...options, resolve: slowly(n % 7) }),
    ),
  );
  results.forEach((result, n) => assert.equal(result.json === json, n % 2 === 1, String(n)));
});

const slowly = (milliseconds) => async (name, type) => {
  await new Promise((done) => setTimeout(done, milliseconds));
  return resolve(name, type);
};

test("what was recorded gives the same report again", async () => {
  const transcript = new Transcript();
  const first = await examine(message, { ...options, resolve: recordingResolver(resolve, transcript) });
  const again = transcriptResolver(new Transcript(transcript.toString()));
  assert.equal((await examine(message, { ...options, resolve: again })).json, first.json);
});

test("a file with LF is converted as the command does it, and the report says so", async () => {
  const { octets: converted, notes } = fromFile(message.replaceAll("\r\n", "\n"));
  assert.deepEqual(Buffer.from(converted), Buffer.from(octets));
  const report = await verify(converted, { ...options, notes });
  assert.equal(report.dkim[0].result, "pass");
  assert.deepEqual(report.trail.slice(0, 1), notes);
  assert.equal(notes[0].outcome, "LF converted to CRLF");
  for (const file of [message, "a\r\nb\n", "no line", "", "\r", "\r\n\n", "From x"]) {
    const { octets: kept, notes: none } = fromFile(file);
    assert.deepEqual([Buffer.from(kept).toString(), none], [file, []]);
  }
  for (const [file, wire, steps] of [
    ["\n\na\rb\nc\r\n", "\r\n\r\na\rb\r\nc\r\n", 1],
    ["From a@b Thu Jan 1\nA: b\n", "A: b\r\n", 2],
    ["From a@b Thu Jan 1\r\nA: b\r\n", "A: b\r\n", 1],
  ]) {
    const { octets: changed, notes: said } = fromFile(file);
    assert.deepEqual([Buffer.from(changed).toString(), said.length], [wire, steps]);
  }
});

test("memory does not grow with the number of messages", async () => {
  const { initSync } = await import("../pkg/passerelle.js");
  const { memory } = initSync({ module: new Uint8Array() }); // It is loaded: this only gives its exports.
  const large = octets.length + 1_000_000;
  const padded = new Uint8Array(large).fill(0x61);
  padded.set(octets);
  for (let n = 0; n < 5; n += 1) await verify(padded, options);
  const before = memory.buffer.byteLength;
  for (let n = 0; n < 50; n += 1) await verify(padded, options);
  assert.equal(memory.buffer.byteLength, before);
});

test("init() may be called, and again", async () => {
  await init();
  await Promise.all([init(), init()]);
});

test("results are told when they are known", async () => {
  const told = [];
  const { report } = await examine(message, { ...options, onResult: (result) => told.push(result) });
  assert.deepEqual(told.map((result) => result.type).sort(), ["header", "iprev", "signature", "spf", "spf_helo"]);
  assert.equal(told.find((result) => result.type === "spf").value.domain, report.spf.domain);
  const broken = new Error("enough");
  const onResult = () => {
    throw broken;
  };
  await assert.rejects(verify(message, { ...options, onResult }), broken);
});

test("an envelope from the message, and one that is vouched for", async () => {
  const trace =
    "Return-Path: <alice@example.org>\r\nReceived: from mx.example.org (mx.example.org [192.0.2.25]) by mx.example.net\r\n";
  const unsigned = `${trace}From: Alice <alice@example.org>\r\n\r\nHello.\r\n`;
  for (const form of [unsigned, new TextEncoder().encode(unsigned), new Blob([unsigned])]) {
    const derived = await examine(form, { resolve, now: NOW, envelopeFromMessage: true });
    assert.deepEqual([derived.authenticated, derived.report.spf.derived], ["undecided", true]);
    const vouched = await examine(form, { resolve, now: NOW, envelopeFromMessage: true, trustReceived: true });
    assert.deepEqual([vouched.authenticated, vouched.report.envelope.received_field], ["yes", 1]);
  }
  const stream = new Blob([unsigned]).stream();
  await assert.rejects(verify(stream, { resolve, now: NOW, envelopeFromMessage: true }), /not from a stream/);
});
