// What a message shows of itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { face } from "../pkg/node.js";

test("names are decoded and domains in both spellings", () => {
  const message = "From: =?iso-8859-1?q?J=FCrgen?= <j@xn--bcher-kva.example>\r\nSubject: =?gb2312?B?xOO6ww==?=\r\n\r\nHello.\r\n";
  for (const form of [message, new TextEncoder().encode(message), new TextEncoder().encode(message).buffer]) {
    const shown = face(form);
    assert.deepEqual(shown.from[0].mailboxes, [
      { name: "Jürgen", address: "j@xn--bcher-kva.example", domain: "xn--bcher-kva.example", domain_unicode: "bücher.example" },
    ]);
    assert.equal(shown.subject, "你好");
    assert.equal(shown.headers_only, false);
  }
  assert.throws(() => face(7), TypeError);
});

test("hops are in the order in which they were taken, and headers alone are told as that", () => {
  const hop = (host, time) => `Received: by ${host} with ESMTPS; Thu, 1 Jan 1970 00:00:${time} +0000\r\n`;
  const shown = face(hop("b.example", "07") + hop("a.example", "05") + "From: a@b.example\r\n");
  assert.deepEqual(shown.received.map(({ by, tls, time, delay }) => [by, tls, time, delay]), [
    ["a.example", true, 5, null],
    ["b.example", true, 7, 2],
  ]);
  assert.equal(shown.headers_only, true);
});
