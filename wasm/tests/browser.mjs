// The page in a real browser: served from loopback, a message and a transcript dropped on it, a resolver of our own
// asked over loopback. Exits with 1 when a test failed.
//
// PASSERELLE_CHROMIUM names the browser's program, PASSERELLE_PLAYWRIGHT the module that drives it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";

import { Transcript } from "../pkg/node.js";
import { asked, name, record, response } from "./dns-wire.mjs";
import { dns, ENVELOPE, packageFolder, root, signedMessage } from "./support.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
FLAGS.push("--disable-component-update", "--disable-sync");

const tests = {
  "a message and a transcript, dropped": async ({ page }) => {
    await drop(page, "#message-drop", "message.eml", signedMessage());
    await drop(page, "#transcript-drop", "dns.json", JSON.stringify(dns()));
    assert.match(await page.textContent("#message-name"), /^message\.eml, \d+ octets$/);
    assert.ok(await page.isChecked("#dns-transcript"));
    await fillEnvelope(page);
    await page.click("#verify");
    assert.equal(await title(page), "Authenticated");
    assert.deepEqual(await verdicts(page), {
      SPF: "pass",
      "SPF of HELO": "none",
      DKIM: "pass",
      DMARC: "pass",
      "Reverse DNS": "pass",
    });
    assert.match(await page.textContent("#authentication-results"), /^Authentication-Results: .*spf=pass/s);
    assert.ok((await page.locator("#trail tbody tr").count()) > 4);
    const json = JSON.parse(await page.textContent("#json"));
    assert.equal(json.dmarc.policy_domain, "example.org");
    assert.equal(await page.evaluate(() => document.activeElement.id), "report");
  },

  "a file with LF is converted, and the trail says so": async ({ page }) => {
    await choose(page, signedMessage().replaceAll("\r\n", "\n"), dns());
    await page.click("#verify");
    assert.equal(await title(page), "Authenticated");
    assert.match(await page.textContent("#trail tbody tr"), /LF converted to CRLF/);
  },

  "what is no message gets no verdict": async ({ page }) => {
    await choose(page, "Dear customer,\r\n\r\nyour account\r\n", dns());
    await page.click("#verify");
    await page.waitForSelector("#error:not([hidden])");
    assert.match(await page.textContent("#error"), /This is text without the header fields of a message, .*source/);
    assert.ok(await page.locator("#report").isHidden());
  },

  "a pasted message without an envelope": async ({ page }) => {
    await choose(page, undefined, dns());
    await page.click("#paste summary");
    await page.fill("#message-text", signedMessage("Changed.\r\n").replace("Changed", "changed"));
    await page.click("#verify");
    assert.equal(await title(page), "Undecided");
    const results = await verdicts(page);
    assert.deepEqual([results.SPF, results.DKIM, results.DMARC], ["none", "fail", "none"]);
  },

  "DNS over HTTPS, at a resolver on loopback": async ({ page, resolver }) => {
    await choose(page, signedMessage());
    await fillEnvelope(page);
    await page.fill("#doh-url", resolver.url);
    await page.click("#verify");
    assert.equal(await title(page), "Authenticated");
    assert.ok(resolver.asked.includes("key._domainkey.example.org TXT"));
    assert.ok(resolver.asked.includes("25.2.0.192.in-addr.arpa PTR"));
  },

  "a resolver that fails: undecided, and the page says why": async ({ page, resolver }) => {
    await choose(page, signedMessage());
    await page.fill("#doh-url", `${resolver.url}/missing`);
    await page.click("#verify");
    assert.equal(await title(page), "Undecided");
    assert.match(await page.textContent("#problems"), /key\._domainkey\.example\.org TXT: .*HTTP status 404/);
  },

  "what is recorded gives the same report again": async ({ page, resolver }) => {
    await choose(page, signedMessage());
    await fillEnvelope(page);
    await page.fill("#doh-url", resolver.url);
    await page.click("#verify");
    await title(page);
    const first = await page.textContent("#json");
    const download = page.waitForEvent("download");
    await page.click("a[download='dns.json']");
    const transcript = readFileSync(await (await download).path(), "utf8");
    assert.equal(new Transcript(transcript).answer("_dmarc.example.org", "TXT").status, "NOERROR");
    await page.setInputFiles("#transcript-file", { name: "dns.json", mimeType: "application/json", buffer: Buffer.from(transcript) });
    await page.waitForFunction(() => document.getElementById("dns-transcript").checked);
    const asked = resolver.asked.length;
    await page.click("#verify");
    await title(page);
    assert.equal(await page.textContent("#json"), first);
    assert.equal(resolver.asked.length, asked);
  },

  "markup in a message is text in the page, and so is what turns text around": async ({ page }) => {
    const evil = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>";
    const zone = dns();
    zone.answers[0].records = ["v=spf1 exp=why.example.org -all"];
    zone.answers.push({ name: "why.example.org", type: "TXT", records: [`${evil}`] });
    const message = `DKIM-Signature: v=1; a=${evil}; d=example.org; s=${evil}; b=; bh=; h=from\r\nFrom: ${evil}@example.org\r\n\r\n`;
    await choose(page, message, zone);
    await fillEnvelope(page, { ip: "203.0.113.7", helo: "\u202e\u2066elpmaxe.mx" });
    await page.click("#verify");
    await title(page);
    assert.equal(await page.locator("#report img, #report script").count(), 0);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    const text = await page.textContent("#report");
    assert.match(text, /<img src=x/);
    assert.match(text, /\\u202e\\u2066/);
    assert.doesNotMatch(text, /[\u202e\u2066]/);
  },

  "what is missing or wrong is said beside the button": async ({ page }) => {
    const error = async () => (await page.waitForSelector("#error:not([hidden])")).textContent();
    await page.click("#verify");
    assert.match(await error(), /no message yet/);
    await choose(page, signedMessage());
    await page.click("#verify");
    await page.waitForFunction(() => /no resolver yet/.test(document.getElementById("error").textContent));
    await page.fill("#doh-url", "resolver.example");
    await page.click("#verify");
    await page.waitForFunction(() => /is no URL/.test(document.getElementById("error").textContent));
    await choose(page, signedMessage(), "no transcript");
    await page.click("#verify");
    await page.waitForFunction(() => /transcript is not/.test(document.getElementById("error").textContent));
    await choose(page, signedMessage(), dns());
    await page.fill("#ip", "mx.example.org");
    await page.click("#verify");
    await page.waitForFunction(() => /is no IP address/.test(document.getElementById("error").textContent));
    assert.ok(await page.isHidden("#report"));
  },

  "the null reverse-path is written as in SMTP": async ({ page }) => {
    await choose(page, signedMessage(), dns());
    await fillEnvelope(page, { mailFrom: "<>", helo: "example.org" });
    await page.click("#verify");
    await title(page);
    const { spf } = JSON.parse(await page.textContent("#json"));
    assert.deepEqual([spf.result, spf.identity, spf.domain], ["pass", "helo", "example.org"]);
  },

  "every field has a name, for those who do not see it": async ({ page }) => {
    const nameless = await page.$$eval("input, textarea, button", (fields) =>
      fields.filter((f) => !f.labels?.length && !f.ariaLabel && !f.textContent).map((f) => f.id));
    assert.deepEqual(nameless, []);
  },
};

/** Drops a file as the browser would hand it over. */
async function drop(page, selector, fileName, content) {
  const transfer = await page.evaluateHandle(
    ([file, text]) => {
      const made = new DataTransfer();
      made.items.add(new File([text], file));
      return made;
    },
    [fileName, content],
  );
  await page.dispatchEvent(selector, "dragover", { dataTransfer: transfer });
  await page.dispatchEvent(selector, "drop", { dataTransfer: transfer });
  await page.waitForFunction((file) => document.body.textContent.includes(`${file}, `), fileName);
}

async function choose(page, message, transcript) {
  const file = (value, fileName) => ({ name: fileName, mimeType: "text/plain", buffer: Buffer.from(value) });
  if (message !== undefined) {
    await page.setInputFiles("#message-file", file(message, "message.eml"));
    await page.waitForFunction(() => document.getElementById("message-name").classList.contains("there"));
  }
  if (transcript !== undefined) {
    const text = typeof transcript === "string" ? transcript : JSON.stringify(transcript);
    await page.setInputFiles("#transcript-file", file(text, "dns.json"));
    await page.waitForFunction(() => document.getElementById("dns-transcript").checked);
  }
}

async function fillEnvelope(page, { ip, helo, mailFrom } = {}) {
  await page.fill("#ip", ip ?? ENVELOPE.ip);
  await page.fill("#helo", helo ?? ENVELOPE.helo);
  await page.fill("#mail-from", mailFrom ?? ENVELOPE.mailFrom);
}

/** The report's title, once it is there. */
async function title(page) {
  await page.waitForSelector("#report:not([hidden]) #report-title, #error:not([hidden])");
  assert.equal(await page.textContent("#error"), "");
  return page.textContent("#report-title");
}

const verdicts = (page) =>
  page.$$eval(".verdicts > div", (rows) =>
    Object.fromEntries(rows.map((row) => [row.children[0].textContent, row.children[1].textContent])));

/** The package's files, at /page/ and beside it. */
function fileServer(request, reply) {
  const path = normalize(new URL(request.url, "http://x").pathname);
  const file = join(packageFolder, path.endsWith("/") ? `${path}index.html` : path);
  if (!file.startsWith(packageFolder) || !existsSync(file)) return reply.writeHead(404).end();
  reply.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
  return reply.end(readFileSync(file));
}

/** A resolver that knows what the transcript knows, and notes what it is asked. */
function dohServer(noted) {
  const transcript = new Transcript(JSON.stringify(dns()));
  const data = {
    A: (text) => text.split(".").map(Number),
    PTR: name,
    TXT: (text) => [text.length, ...Buffer.from(text)],
  };
  return (request, reply) => {
    const url = new URL(request.url, "http://x");
    if (url.pathname !== "/dns-query") return reply.writeHead(404, { "access-control-allow-origin": "*" }).end();
    const question = asked(Buffer.from(url.searchParams.get("dns"), "base64url"));
    noted.push(`${question.name} ${question.type}`);
    const { status, records } = transcript.answer(question.name, question.type);
    const answers = records.map((text) => record(question.name, question.type, data[question.type](text)));
    const flags = status === "NXDOMAIN" ? 0x8183 : 0x8180;
    reply.writeHead(200, { "content-type": "application/dns-message", "access-control-allow-origin": "*" });
    return reply.end(response(question.name, question.type, answers, { flags }));
  };
}

async function listen(handler) {
  const server = createServer(handler);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

async function main() {
  const module = process.env.PASSERELLE_PLAYWRIGHT ?? join(root, "target/tools/npm/node_modules/playwright-core/index.mjs");
  const { chromium } = await import(pathToFileURL(module).href);
  const site = await listen(fileServer);
  const noted = [];
  const doh = await listen(dohServer(noted));
  const executablePath = process.env.PASSERELLE_CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const failed = [];
  try {
    for (const [what, test] of Object.entries(tests)) {
      noted.length = 0;
      const complaints = [];
      const context = await browser.newContext({ colorScheme: "light", viewport: { width: 1000, height: 1200 } });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on("pageerror", (error) => complaints.push(error.message));
      // A lookup that fails is logged by the browser itself.
      page.on("console", (line) => line.type() === "error" && !/404/.test(line.text()) && complaints.push(line.text()));
      page.on("request", (request) => {
        const url = request.url();
        if (![site.origin, doh.origin, "data:", "blob:"].some((start) => url.startsWith(start))) {
          complaints.push(`the page asked for ${url}`);
        }
      });
      try {
        await page.goto(`${site.origin}/page/`);
        await test({ page, resolver: { url: `${doh.origin}/dns-query`, asked: noted } });
        assert.deepEqual(complaints, [], "the browser complains");
        if (process.env.PASSERELLE_SCREENSHOTS !== undefined) {
          const file = `${what.replace(/\W+/g, "-")}.png`;
          await page.screenshot({ path: join(process.env.PASSERELLE_SCREENSHOTS, file), fullPage: true });
        }
        console.log(`ok   ${what}`);
      } catch (error) {
        failed.push(what);
        console.log(`FAIL ${what}\n${error.stack}\n${complaints.join("\n")}`);
      }
      await context.close();
    }
  } finally {
    await browser.close();
    for (const { server } of [site, doh]) server.close();
  }
  console.log(`${Object.keys(tests).length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

await main();
