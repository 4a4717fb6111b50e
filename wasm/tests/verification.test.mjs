// The engine's own interface: poll and handle.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Transcript, Verification } from "../pkg/node.js";
import { dns, drain, ENVELOPE, NOW, signedMessage } from "./support.mjs";

const octets = (text) => new TextEncoder().encode(text);
const transcript = new Transcript(JSON.stringify(dns()));

/** Answers questions until the report is there. */
function finish(verification, answer = (q) => transcript.answer(q.name, q.recordType)) {
  for (let turn = 0; turn < 100; turn += 1) {
    const { questions, report } = drain(verification);
    if (report !== undefined) return report;
    assert.notEqual(questions.length, 0, "neither a question nor a report");
    for (const question of questions) verification.answer(question.id, answer(question));
  }
  return assert.fail("no report");
}

function whole(options = {}, message = signedMessage()) {
  const verification = new Verification({ ...ENVELOPE, now: NOW, ...options });
  verification.octets(octets(message));
  verification.end();
  return verification;
}

test("a signed message passes everything", () => {
  const output = finish(whole({ authservId: "mx.example.net" }));
  assert.equal(output.authenticated, "yes");
  const report = JSON.parse(output.report);
  assert.equal(report.spf.result, "pass");
  assert.equal(report.spf.domain, "example.org");
  assert.deepEqual(report.dkim.map((signature) => signature.result), ["pass"]);
  assert.equal(report.dkim[0].algorithm, "ed25519-sha256");
  assert.equal(report.dmarc.result, "pass");
  assert.equal(report.dmarc.policy, "reject");
  assert.match(report.authentication_results, /^Authentication-Results: mx\.example\.net;/);
  assert.ok(report.trail.length > 0);
});

test("what a trusted server said is shown beside the results", () => {
  const said = `Authentication-Results: mx.example.net; spf=fail smtp.mailfrom=a@example.org\r\n${signedMessage()}`;
  const results = (trustedAuthservIds) => JSON.parse(finish(whole({ trustedAuthservIds }, said)).report).provider_results;
  assert.equal(results(undefined), undefined);
  assert.equal(results(["other.example"]), undefined);
  assert.equal(results(["other.example", "MX.example.net"]).authserv_id, "mx.example.net");
  for (const wrong of ["mx.example.net", [1]]) {
    assert.throws(() => whole({ trustedAuthservIds: wrong }), /trustedAuthservIds of options must be an array of strings/);
  }
});

test("a changed message does not", () => {
  const output = finish(whole({ ip: "203.0.113.9" }, signedMessage().replace("Hello", "Hallo")));
  assert.equal(output.authenticated, "no");
  const report = JSON.parse(output.report);
  assert.equal(report.spf.result, "fail");
  assert.equal(report.dkim[0].result, "fail");
  assert.equal(report.dmarc.disposition, "reject");
});

test("questions are objects that name what to look up, and go out before the message is there", () => {
  const verification = new Verification({ ...ENVELOPE, now: NOW });
  const { questions, report } = drain(verification);
  assert.equal(report, undefined);
  assert.ok(questions.some((q) => q.name === "example.org" && q.recordType === "TXT"));
  for (const question of questions) {
    assert.equal(question.kind, "dns");
    assert.equal(typeof question.id, "number");
  }
  assert.deepEqual(verification.poll(), { type: "idle" });
  verification.octets(octets(signedMessage().split("\r\n\r\n")[0] + "\r\n\r\n"));
  const names = drain(verification).questions.map((question) => question.name);
  assert.ok(names.includes("key._domainkey.example.org"));
  assert.ok(names.includes("_dmarc.example.org"));
});

test("the order of answers makes no difference", () => {
  const forward = finish(whole());
  const verification = whole();
  for (;;) {
    const { questions, report } = drain(verification);
    if (report !== undefined) return assert.equal(report.report, forward.report);
    for (const { id, name, recordType } of questions.reverse()) {
      verification.answer(id, transcript.answer(name, recordType));
    }
  }
});

test("the chunks make no difference", () => {
  const message = octets(signedMessage());
  const expected = finish(whole()).report;
  for (const size of [1, 2, 7, 64]) {
    const verification = new Verification({ ...ENVELOPE, now: NOW });
    for (let at = 0; at < message.length; at += size) verification.octets(message.subarray(at, at + size));
    verification.end();
    assert.equal(finish(verification).report, expected, `chunks of ${size}`);
  }
});

test("at the deadline missing answers are temporary failures", () => {
  const verification = whole();
  assert.equal(drain(verification).report, undefined);
  verification.deadline();
  const { report } = drain(verification);
  assert.equal(report.authenticated, "temporarily");
  assert.equal(JSON.parse(report.report).spf.result, "temperror");
});

test("a note stands at the front of the trail", () => {
  const verification = whole();
  const note = { step: "message", outcome: "LF converted to CRLF", why: "it was a file", rfc: "RFC 5321 §2.3.8" };
  verification.note(note);
  assert.deepEqual(JSON.parse(finish(verification).report).trail[0], note);
  assert.throws(() => verification.note("LF"), /the step must be an object/);
  assert.throws(() => verification.note({ step: 1 }), /step of the step must be a string/);
});

test("options are checked", () => {
  for (const [options, message] of [
    [undefined, /options must be an object/],
    [{}, /now of options must be the time in seconds/],
    [{ now: "1700000000" }, /now of options must be the time in seconds/],
    [{ now: -1 }, /now of options must be the time in seconds/],
    [{ now: NaN }, /now of options must be the time in seconds/],
    [{ now: NOW * 1000 }, /not in milliseconds/],
    [{ now: NOW, ip: "192.0.2" }, /'192\.0\.2' is no IP address/],
    [{ now: NOW, ip: 3 }, /ip of options must be a string/],
    [{ now: NOW, helo: {} }, /helo of options must be a string/],
    [{ now: NOW, mailFrom: [] }, /mailFrom of options must be a string/],
    [{ now: NOW, acceptBodyLength: 1 }, /acceptBodyLength of options must be true or false/],
  ]) {
    assert.throws(() => new Verification(options), (e) => e instanceof Error && message.test(e.message), String(message));
  }
  new Verification({ now: NOW, ip: null, helo: undefined }).free();
});

test("calls that break the contract throw, and change nothing", () => {
  const verification = whole();
  const { questions } = drain(verification);
  const [first, ...others] = questions;
  assert.throws(() => verification.answer(999, {}), /there is no open question 999/);
  assert.throws(() => verification.answer("0", {}), /id must be a question's number/);
  assert.throws(() => verification.answer(first.id, { records: [1] }), /must be a string|TXT record must be/);
  verification.answer(first.id, transcript.answer(first.name, first.recordType));
  assert.throws(() => verification.answer(first.id, {}), /there is no open question/);
  assert.throws(() => verification.octets(octets("more")), /after the end/);
  assert.throws(() => verification.octets("more"), /must be a Uint8Array/);
  for (const { id, name, recordType } of others) verification.answer(id, transcript.answer(name, recordType));
  assert.equal(finish(verification).report, finish(whole()).report);
});

test("octets may be a Buffer, an ArrayBuffer, or from another realm", async () => {
  const { runInNewContext } = await import("node:vm");
  const text = signedMessage();
  const foreign = runInNewContext("new Uint8Array(text.length).map((_, n) => text.charCodeAt(n))", { text });
  assert.equal(foreign instanceof Uint8Array, false);
  const expected = finish(whole({}, text)).report;
  for (const chunk of [Buffer.from(text), octets(text).buffer, foreign]) {
    const verification = new Verification({ ...ENVELOPE, now: NOW });
    verification.octets(chunk);
    verification.end();
    assert.equal(finish(verification).report, expected);
  }
});

test("hostile messages are reported on, whatever they are", () => {
  const cases = ["", "\r\n", "\0", "From", ":", "\r\n\r\n", "From: \xff\r\n\r\n", "From: a@b, c@d\r\n\r\n"];
  cases.push("DKIM-Signature: v=1;\r\n".repeat(500) + "\r\n", `From: ${"(".repeat(100_000)}\r\n\r\n`);
  cases.push("From: a@example.org\r\n".repeat(1000) + "\r\n", "x".repeat(3_000_000));
  for (const message of cases) {
    const output = finish(whole({}, message));
    assert.notEqual(output.authenticated, "yes");
    JSON.parse(output.report);
  }
});

const TRACE =
  "Return-Path: <alice@example.org>\r\n" +
  "Received: from localhost (localhost [127.0.0.1]) by mx.example.net\r\n" +
  "Received: from mx.example.org (mx.example.org [192.0.2.25]) by mx.example.net\r\n";
const UNSIGNED = "From: Alice <alice@example.org>\r\n\r\nHello.\r\n";

/** Drains a verification of everything, its questions answered. */
function everything(verification) {
  const outputs = [];
  for (;;) {
    const output = verification.poll();
    if (output.type === "idle") return outputs;
    if (output.type === "ask") verification.answer(output.id, transcript.answer(output.name, output.recordType));
    else outputs.push(output);
  }
}

test("SPF is known before the message, the signatures before the report", () => {
  const verification = new Verification({ ...ENVELOPE, now: NOW, early: true });
  const before = everything(verification);
  assert.deepEqual(before.map((output) => output.type).sort(), ["iprev", "spf", "spf_helo"]);
  const spf = before.find((output) => output.type === "spf");
  assert.deepEqual([spf.result, JSON.parse(spf.json).domain], ["pass", "example.org"]);
  verification.octets(octets(signedMessage()));
  const [header] = everything(verification);
  assert.equal(header.type, "header");
  assert.equal(JSON.parse(header.json).author, "example.org");
  verification.end();
  const [signature, report] = everything(verification);
  assert.deepEqual([signature.type, signature.index, signature.result], ["signature", 0, "pass"]);
  assert.equal(report.type, "report");
  const { aligned, ...said } = JSON.parse(report.report).dkim[0];
  assert.equal(aligned, "strict");
  assert.deepEqual(JSON.parse(signature.json), said);
});

test("nothing comes early unless it is wanted", () => {
  const verification = whole();
  assert.deepEqual(everything(verification).map((output) => output.type), ["report"]);
});

test("what a message says of its envelope counts where one vouches for it", () => {
  const message = TRACE + UNSIGNED;
  const envelopeFromMessage = octets(message);
  for (const [options, authenticated, result] of [
    [{}, "undecided", "none"],
    [{ trustReceived: true }, "yes", "pass"],
    [{ trustReceived: 2 }, "yes", "pass"],
    [{ trustReceived: false }, "undecided", "none"],
    [{ trustedRelays: ["192.0.2.0/24"], trustReceived: true }, "undecided", "none"],
  ]) {
    const verification = new Verification({ now: NOW, envelopeFromMessage, ...options });
    verification.octets(octets(message));
    verification.end();
    const output = finish(verification);
    const report = JSON.parse(output.report);
    assert.deepEqual([output.authenticated, report.authenticated, report.dmarc.result], [authenticated, authenticated, result]);
    assert.equal(report.envelope.trusted, authenticated === "yes");
  }
  for (const wrong of [{ trustReceived: 0 }, { trustReceived: 1.5 }, { trustReceived: "1" }, { trustedRelays: "192.0.2.1" }, { trustedRelays: ["x"] }]) {
    assert.throws(() => new Verification({ now: NOW, ...wrong }), /must be/);
  }
  assert.throws(() => new Verification({ now: NOW, envelopeFromMessage: "From: a" }), /must be a Uint8Array/);
});

test("a trail that is not wanted is left out", () => {
  const { trail, ...rest } = JSON.parse(finish(whole()).report);
  assert.ok(trail.length > 0);
  assert.deepEqual(JSON.parse(finish(whole({ trail: false })).report), rest);
});
