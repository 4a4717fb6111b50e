// Files that are no messages, and messages taken out of what they are in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { extract, fromFile, recognize } from "../pkg/node.js";

const MESSAGE = "From: ann@a.example\r\nSubject: Hi\r\n\r\nHello\r\n";
const text = (octets) => new TextDecoder().decode(octets);

test("a message is one", () => {
  assert.deepEqual(recognize(MESSAGE), { kind: "message", what: "a message", why: "", advice: "", holdsMessage: false });
});

test("what is no message is told, with what to do", () => {
  for (const [octets, kind, what] of [
    [[], "empty", /empty/],
    [[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "outlook", /Outlook/],
    [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "image", /PNG/],
    [[0x1f, 0x8b, 8, 0], "archive", /gzip/],
  ]) {
    const found = recognize(Uint8Array.from(octets));
    assert.equal(found.kind, kind);
    assert.match(found.what, what);
    assert.ok(found.why !== "" && found.advice !== "" && !found.holdsMessage);
    assert.throws(() => extract(Uint8Array.from(octets)), /no message/);
  }
  assert.equal(recognize("Dear customer").kind, "no-header");
  assert.equal(recognize("<!doctype html>").kind, "web-page");
  assert.equal(recognize('{"answers": []}').kind, "json");
});

test("the message is taken out of what holds one", () => {
  for (const [file, kind] of [
    [`\ufeff${MESSAGE}`, "byte-order-mark"],
    [`${MESSAGE.length}\n${MESSAGE}<plist>`, "emlx"],
    [MESSAGE.replaceAll(/^(?=.)/gm, "  "), "indented"],
  ]) {
    const found = recognize(file);
    assert.deepEqual([found.kind, found.holdsMessage], [kind, true]);
    assert.equal(text(extract(file)), MESSAGE);
  }
});

test("the messages of an mbox are counted and taken out, wherever they begin", () => {
  const separator = "From a Thu Jan  1 00:00:00 1970\n";
  const first = `To: one\n\n${"text\n".repeat(30_000)}\n`;
  const file = `${separator}${first}${separator}To: two\n\n`;
  const found = recognize(file);
  assert.deepEqual([found.kind, found.messages, found.starts], ["mbox", 2, [32, 64 + first.length]]);
  assert.equal(text(extract(file, 1)), first);
  assert.equal(text(extract(file, 2)), "To: two\n\n");
  assert.throws(() => extract(file, 3), /no message/);
  assert.throws(() => extract(file, 0), TypeError);
});

test("a message inside a message is offered", () => {
  const file = `Content-Type: message/rfc822\r\n\r\n${MESSAGE}`;
  assert.deepEqual(recognize(file).carried, { subject: "Hi" });
  assert.equal(text(extract(file)), MESSAGE);
  assert.throws(() => extract(MESSAGE), /no message/);
});

test("a From field in obsolete syntax is no separator", () => {
  const message = "From : ann@a.example\r\n\r\n";
  assert.deepEqual([text(fromFile(message).octets), fromFile(message).notes], [message, []]);
});
