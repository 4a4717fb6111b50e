// DNS over HTTPS: what goes out, and what is made of what comes back. Responses are put together here, octet by octet;
// the engine reads them, and its own tests say more of that.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeResponse, dohResolver, encodeQuery, Transcript } from "../pkg/node.js";
import { name, record, response, TYPES } from "./dns-wire.mjs";

const URL_GIVEN = "https://resolver.example/dns-query";

/** A resolver whose server answers with these octets, or does what the function does. */
function resolver(answer, init = {}) {
  const requests = [];
  const fetch = async (url, options) => {
    requests.push({ url: new URL(url), options });
    if (typeof answer === "function") return answer(url, options);
    return new Response(answer, { headers: { "content-type": "application/dns-message" }, ...init });
  };
  return Object.assign(dohResolver(URL_GIVEN, { fetch, timeout: 50 }), { requests });
}

const unusable = /^Error: the DNS message /;
const SERVFAIL = { status: "SERVFAIL", records: [], ttl: 0, secure: false };

test("the query is a GET with the message in base64url", async () => {
  const resolve = resolver(response("_dmarc.example.org", "TXT"));
  await resolve("_dmarc.example.org", "TXT");
  const [{ url, options }] = resolve.requests;
  assert.equal(url.origin + url.pathname, URL_GIVEN);
  assert.equal(options.headers.accept, "application/dns-message");
  assert.equal(options.method, undefined);
  const query = Buffer.from(url.searchParams.get("dns"), "base64url");
  // ID 0, RD and AD, one question, one additional record; the name; TXT, IN; OPT.
  assert.equal(query.subarray(0, 12).toString("hex"), "000001200001000000000001");
  assert.equal(query.subarray(12, 12 + 20).toString("latin1"), "\x06_dmarc\x07example\x03org\0");
  assert.equal(query.subarray(32).toString("hex"), "00100001" + "00002904d0000000000000");
});

test("the URL may have a query already, or be a template", async () => {
  const seen = [];
  const fetch = async (url) => (seen.push(url), new Response("", { status: 500 }));
  for (const url of ["https://r.example/q?token=1", "https://r.example/q{?dns}", new URL("http://127.0.0.1:8053/q")]) {
    await assert.rejects(dohResolver(url, { fetch })("a.example", "A"), /HTTP status 500/);
  }
  assert.match(seen[0], /^https:\/\/r\.example\/q\?token=1&dns=[\w-]+$/);
  assert.match(seen[1], /^https:\/\/r\.example\/q\?dns=[\w-]+$/);
  assert.match(seen[2], /^http:\/\/127\.0\.0\.1:8053\/q\?dns=[\w-]+$/);
});

test("what is no URL of a resolver is refused at once", () => {
  assert.throws(() => dohResolver(""), /is no URL; it has the form https:/);
  assert.throws(() => dohResolver("resolver.example"), /is no URL/);
  assert.throws(() => dohResolver("file:///etc/hosts"), /must begin with https:/);
});

test("records of every type, in presentation form", async () => {
  const cases = {
    A: [[192, 0, 2, 1], "192.0.2.1"],
    AAAA: [[0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1], "2001:db8::1"],
    MX: [[0, 10, ...name("MX.example.org")], "10 mx.example.org"],
    PTR: [name("host.example.org"), "host.example.org"],
    NS: [name("ns.example.org"), "ns.example.org"],
    CNAME: [name("other.example.org"), "other.example.org"],
    TLSA: [[3, 1, 1, 0xab, 0x0c], "3 1 1 ab0c"],
    SOA: [
      [...name("ns.example.org"), ...name("root.example.org"), ...[1, 2, 3, 4, 5].flatMap((n) => [0, 0, 0, n])],
      "ns.example.org root.example.org 1 2 3 4 5",
    ],
    TXT: [[3, ...Buffer.from("v=s"), 0, 6, ...Buffer.from('p "f1"')], 'v=sp "f1"'],
  };
  for (const [type, [data, text]] of Object.entries(cases)) {
    const resolve = resolver(response("example.org", type, [record("example.org", type, data, 300)]));
    assert.deepEqual(await resolve("example.org", type), { status: "NOERROR", records: [text], ttl: 300, secure: false });
  }
});

test("a null MX keeps its root", async () => {
  const answer = response("example.org", "MX", [record("example.org", "MX", [0, 0, 0])]);
  assert.deepEqual((await resolver(answer)("example.org", "MX")).records, ["0 ."]);
});

test("text that is not UTF-8 stays octets", async () => {
  const answer = response("example.org", "TXT", [record("example.org", "TXT", [2, 0xff, 0x41])]);
  assert.deepEqual((await resolver(answer)("example.org", "TXT")).records, [Uint8Array.of(0xff, 0x41)]);
});

test("the AD flag says secure, and nothing else does", async () => {
  const records = [record("example.org", "A", [192, 0, 2, 1])];
  for (const [flags, secure] of [[0x81a0, true], [0x8180, false], [0x8190, false]]) {
    assert.equal((await resolver(response("example.org", "A", records, { flags }))("example.org", "A")).secure, secure);
  }
});

test("aliases are followed, in any order of the records and any case", async () => {
  const answer = response("www.example.org", "A", [
    record("C.example.org", "A", [192, 0, 2, 3], 100),
    record("b.example.org", "CNAME", name("c.EXAMPLE.org"), 50),
    record("www.example.org", "CNAME", name("B.example.org"), 70),
    record("unrelated.example.org", "A", [192, 0, 2, 66], 5),
  ]);
  assert.deepEqual(await resolver(answer)("WWW.example.org.", "A"), {
    status: "NOERROR",
    records: ["192.0.2.3"],
    ttl: 50,
    secure: false,
    aliases: [
      { target: "b.example.org", secure: false },
      { target: "c.example.org", secure: false },
    ],
  });
});

test("an alias whose end has no records is NODATA, or NXDOMAIN where the response says so", async () => {
  const alias = [record("www.example.org", "CNAME", name("gone.example.org"))];
  const nodata = await resolver(response("www.example.org", "A", alias))("www.example.org", "A");
  assert.deepEqual([nodata.status, nodata.records], ["NOERROR", []]);
  const gone = await resolver(response("www.example.org", "A", alias, { flags: 0x8183 }))("www.example.org", "A");
  assert.deepEqual([gone.status, gone.records], ["NXDOMAIN", []]);
});

test("absence lasts as long as the SOA record says", async () => {
  const soa = (ttl, minimum) =>
    record("example.org", "SOA", [...name("n.example.org"), ...name("r.example.org"), ...Array(18).fill(0), ...[minimum >> 8, minimum & 255]], ttl);
  for (const [ttl, minimum, least] of [[3600, 300, 300], [60, 300, 60]]) {
    const answer = response("x.example.org", "A", [], { flags: 0x8183, authorities: [soa(ttl, minimum)] });
    assert.equal((await resolver(answer)("x.example.org", "A")).ttl, least);
  }
  assert.equal((await resolver(response("x.example.org", "A", [], { flags: 0x8183 }))("x.example.org", "A")).ttl, 0);
});

test("any other RCODE is a failure, never an absence", async () => {
  for (const rcode of [1, 2, 4, 5, 9, 15]) {
    const records = [record("example.org", "A", [192, 0, 2, 1])];
    const answer = response("example.org", "A", records, { flags: 0x8180 | rcode });
    assert.deepEqual(await resolver(answer)("example.org", "A"), SERVFAIL);
  }
});

test("a TTL with the top bit set is zero", async () => {
  const answer = response("example.org", "A", [record("example.org", "A", [192, 0, 2, 1], 0x80000001)]);
  assert.equal((await resolver(answer)("example.org", "A")).ttl, 0);
});

test("records of another name, type or class are not taken", async () => {
  const other = record("example.org", "A", [192, 0, 2, 4]);
  other[name("example.org").length + 3] = 3; // class CH
  const answer = response("example.org", "A", [
    record("evil.example", "A", [192, 0, 2, 1]),
    record("example.org", "AAAA", Array(16).fill(1)),
    other,
    record("example.org", "A", [192, 0, 2, 2]),
  ]);
  assert.deepEqual((await resolver(answer)("example.org", "A")).records, ["192.0.2.2"]);
});

test("what answers another question is refused", async () => {
  const records = [record("example.org", "A", [192, 0, 2, 1])];
  await assert.rejects(resolver(response("example.net", "A", records))("example.org", "A"), unusable);
  await assert.rejects(resolver(response("example.org", "AAAA", records))("example.org", "A"), unusable);
  await assert.rejects(resolver(response("example.org", "A", records, { questions: 0 }))("example.org", "A"), unusable);
  await assert.rejects(resolver(response("example.org", "A", records, { questions: 2 }))("example.org", "A"), unusable);
});

test("a query sent back, another opcode, and a truncated response are refused", async () => {
  const records = [record("example.org", "A", [192, 0, 2, 1])];
  for (const flags of [0x0100, 0x9180, 0x8380]) {
    await assert.rejects(resolver(response("example.org", "A", records, { flags }))("example.org", "A"), unusable);
  }
});

test("a label that looks like several names is a failure", async () => {
  const answer = response("1.2.0.192.in-addr.arpa", "PTR", [
    record("1.2.0.192.in-addr.arpa", "PTR", [8, ...Buffer.from("good.org"), 4, ...Buffer.from("evil"), 0]),
  ]);
  assert.deepEqual(await resolver(answer)("1.2.0.192.in-addr.arpa", "PTR"), SERVFAIL);
});

test("aliases in a loop, and too many of them", async () => {
  const loop = response("a.example", "A", [
    record("a.example", "CNAME", name("b.example")),
    record("b.example", "CNAME", name("a.example")),
  ]);
  assert.deepEqual(await resolver(loop)("a.example", "A"), SERVFAIL);
  const chain = (length) => {
    const aliases = Array.from({ length }, (_, n) => record(`n${n}.example`, "CNAME", name(`n${n + 1}.example`)));
    return response("n0.example", "A", [...aliases, record(`n${length}.example`, "A", [192, 0, 2, 9])]);
  };
  assert.deepEqual((await resolver(chain(8))("n0.example", "A")).records, ["192.0.2.9"]);
  assert.deepEqual(await resolver(chain(9))("n0.example", "A"), SERVFAIL);
});

test("compressed names: back is fine, forward, into themselves and without end are not", async () => {
  const owner = [0xc0, 12];
  const mx = (data) => response("example.org", "MX", [[...owner, 0, TYPES.MX, 0, 1, 0, 0, 0, 0, 0, data.length, ...data]]);
  const start = 12 + name("example.org").length + 4 + 12 + 2; // where the exchange's name begins
  assert.deepEqual((await resolver(mx([0, 5, 2, 0x6d, 0x78, 0xc0, 12]))("example.org", "MX")).records, ["5 mx.example.org"]);
  for (const exchange of [
    [0xc0, start], // into itself
    [1, 0x61, 0xc0, start], // to a label before itself, and round again
    [0xc0, start + 2, 0], // forward
    [0xc0, 0], // into the header
    [0xff, 0xff], // past the end
    [0x40, 1, 0], // a label type that is none
    [63, 0x61], // longer than what is left
  ]) {
    await assert.rejects(resolver(mx([0, 5, ...exchange]))("example.org", "MX"), unusable, exchange.join());
  }
});

test("pointers behind pointers are bounded in number", async () => {
  // The data of a TXT record: a name, and pointers of which each points to the one before it.
  const base = 12 + name("a.example").length + 4 + name("t.example").length + 10;
  const pointer = (target) => [0xc0 | (target >> 8), target & 0xff];
  const at = (count) => (count === 0 ? base : base + 5 + 2 * (count - 1));
  const through = (count) => {
    const pointers = Array.from({ length: count }, (_, n) => pointer(at(n))).flat();
    return response("a.example", "CNAME", [
      record("t.example", "TXT", [3, ...Buffer.from("end"), 0, ...pointers]),
      record("a.example", "CNAME", pointer(at(count))),
    ]);
  };
  assert.deepEqual((await resolver(through(126))("a.example", "CNAME")).records, ["end"]);
  const answer = through(127);
  await assert.rejects(resolver(answer)("a.example", "CNAME"), /too many pointers/);
});

test("names and labels have the DNS's lengths", async () => {
  const long = Array.from({ length: 4 }, () => "a".repeat(63)).join(".");
  const answer = response("example.org", "PTR", [record("example.org", "PTR", name(long))]);
  await assert.rejects(resolver(answer)("example.org", "PTR"), unusable);
  const resolve = resolver(response("example.org", "A"));
  for (const bad of ["", ".", "a..b", "a\tb", "ü..example", `${"a".repeat(64)}.example`, long]) {
    await assert.rejects(resolve(bad, "A"), /is no domain name/, bad);
  }
  await assert.rejects(resolve("example.org", "HINFO"), /is not understood; A, AAAA/);
  assert.equal(resolve.requests.length, 0);
});

test("data that does not have its length", async () => {
  for (const [type, data] of [
    ["A", [192, 0, 2]],
    ["A", [192, 0, 2, 1, 1]],
    ["AAAA", [1]],
    ["MX", [0]],
    ["MX", [0, 5, ...name("mx.example.org"), 0]],
    ["TXT", [5, 0x61]],
    ["SOA", [0, 0, 1]],
    ["TLSA", []],
    ["TLSA", [3, 1]],
  ]) {
    const answer = response("example.org", type, [record("example.org", type, data)]);
    await assert.rejects(resolver(answer)("example.org", type), unusable, `${type} ${data}`);
  }
});

test("a response cut anywhere is refused or the same, and never hangs", async () => {
  const whole = response("example.org", "MX", [
    record("example.org", "MX", [0, 10, 2, 0x6d, 0x78, 0xc0, 12]),
    record("example.org", "MX", [0, 20, 3, 0x6d, 0x78, 0x32, 0xc0, 12]),
  ]);
  for (let length = 0; length < whole.length; length += 1) {
    await assert.rejects(resolver(whole.subarray(0, length))("example.org", "MX"), unusable, String(length));
  }
});

test("any octet changed: an answer or an error, soon", async () => {
  const whole = response("example.org", "MX", [
    record("www.example.org", "CNAME", [0xc0, 12]),
    record("example.org", "MX", [0, 10, 2, 0x6d, 0x78, 0xc0, 12]),
  ]);
  for (let at = 0; at < whole.length; at += 1) {
    for (const octet of [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff]) {
      const changed = Uint8Array.from(whole);
      changed[at] = octet;
      try {
        const answer = await resolver(changed)("example.org", "MX");
        assert.ok(["NOERROR", "NXDOMAIN", "SERVFAIL"].includes(answer.status));
      } catch (error) {
        assert.match(String(error), unusable);
      }
    }
  }
});

test("other media types and statuses are errors", async () => {
  const html = resolver("<html>", { headers: { "content-type": "text/html; charset=utf-8" } });
  await assert.rejects(html("example.org", "A"), /answers with text\/html/);
  await assert.rejects(resolver("", { status: 404 })("example.org", "A"), /HTTP status 404/);
  await assert.rejects(resolver(new Uint8Array(70_000))("example.org", "A"), /too large/);
});

test("no answer in time is a TimeoutError", async () => {
  const never = (url, { signal }) => new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
  const patience = setTimeout(() => {}, 5000); // AbortSignal.timeout() alone does not keep Node running.
  await assert.rejects(resolver(never)("example.org", "A"), { name: "TimeoutError" });
  clearTimeout(patience);
});

test("the caller's signal breaks a lookup off", async () => {
  const never = (url, { signal }) => new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
  const controller = new AbortController();
  const lookup = resolver(never)("example.org", "A", { signal: controller.signal });
  controller.abort();
  await assert.rejects(lookup, { name: "AbortError" });
});

test("the engine's query and the reading of a response are there for transports of one's own", () => {
  assert.deepEqual(encodeQuery("ü.example", "TLSA"), encodeQuery("XN--TDA.example", "TLSA"));
  const octets = response("example.org", "A", [record("example.org", "A", [192, 0, 2, 1], 300)], { flags: 0x81a0 });
  const answer = { status: "NOERROR", records: ["192.0.2.1"], ttl: 300, secure: true };
  assert.deepEqual(decodeResponse(octets, "Example.org", "A"), answer);
  assert.deepEqual(decodeResponse(octets.buffer, "example.org", "A"), answer);
  assert.throws(() => decodeResponse(octets, "example.net", "A"), /answers another question/);
  const truncated = response("example.org", "A", [], { flags: 0x8380 });
  assert.throws(() => decodeResponse(truncated, "example.org", "A"), /truncated; ask again over TCP/);
  assert.throws(() => decodeResponse("text", "example.org", "A"), TypeError);
  assert.throws(() => encodeQuery(undefined, "A"), TypeError);
});

test("aliases and their security go through a transcript and back", async () => {
  const chain = [
    record("www.example.org", "CNAME", name("host.example.net"), 60),
    record("host.example.net", "A", [192, 0, 2, 1], 300),
  ];
  const answer = decodeResponse(response("www.example.org", "A", chain, { flags: 0x81a0 }), "www.example.org", "A");
  assert.deepEqual(answer.aliases, [{ target: "host.example.net", secure: true }]);
  const transcript = new Transcript();
  transcript.record("www.example.org", "A", answer);
  assert.match(transcript.toString(), /"name":"www.example.org","type":"CNAME","records":\["host.example.net"\],"ttl":60,"secure":true/);
  assert.deepEqual(new Transcript(transcript.toString()).answer("www.example.org", "A"), answer);
  for (const aliases of ["www.example.org", [1], [{}], [{ target: "a..b" }], [{ target: "a.example", secure: 1 }]]) {
    assert.throws(() => transcript.record("www.example.org", "A", { aliases }), /alias|target|secure|domain name/);
  }
});
