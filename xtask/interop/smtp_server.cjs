// smtp-server, of the makers of nodemailer, with the options of `passerelle serve`: it accepts mail and files it in a
// maildir. PASSERELLE_NPM is the folder that it is installed in.
"use strict";

const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { parseArgs } = require("node:util");

const { SMTPServer } = createRequire(`${process.env.PASSERELLE_NPM}/`)("smtp-server");

const text = { type: "string" };
const several = { type: "string", multiple: true, default: [] };
const { values } = parseArgs({
  options: {
    listen: text,
    "listen-tls": text,
    "tls-cert": text,
    "tls-key": text,
    "auth-users": text,
    maildir: text,
    domain: several,
    lmtp: { type: "boolean", default: false },
  },
});

const users = new Map(
  fs.readFileSync(values["auth-users"], "utf8").split("\n").filter(Boolean).map((line) => line.split(/:(.*)/s)),
);
const files = ["tmp", "new", "cur"].map((name) => path.join(values.maildir, name));
files.forEach((folder) => fs.mkdirSync(folder, { recursive: true }));
let count = 0;

function file(envelope, octets) {
  count += 1;
  const name = `${process.pid}.${count}`;
  const trace = [`Return-Path: <${envelope.mailFrom.address}>`];
  trace.push(...envelope.rcptTo.map(({ address }) => `Delivered-To: ${address}`));
  fs.writeFileSync(path.join(files[0], name), Buffer.concat([Buffer.from(`${trace.join("\r\n")}\r\n`), octets]));
  fs.renameSync(path.join(files[0], name), path.join(files[1], name));
}

function refusal(code, message) {
  return Object.assign(new Error(message), { responseCode: code });
}

function start(address, secure, done = () => {}) {
  const [host, port] = address.split(/:(?=\d+$)/);
  const server = new SMTPServer({
    secure,
    lmtp: values.lmtp,
    name: "smtp-server.test",
    cert: fs.readFileSync(values["tls-cert"]),
    key: fs.readFileSync(values["tls-key"]),
    authMethods: ["PLAIN", "LOGIN"],
    authOptional: true,
    size: 20_000_000,
    onAuth: ({ username, password }, _session, done) =>
      users.get(username) === password ? done(null, { user: username }) : done(refusal(535, "5.7.8 Wrong password")),
    onRcptTo: ({ address }, session, done) => {
      const domain = address.slice(address.lastIndexOf("@") + 1).toLowerCase();
      done(values.domain.includes(domain) || session.user ? null : refusal(550, "5.7.1 No relaying"));
    },
    onData: (stream, session, done) => {
      const chunks = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () => {
        file(session.envelope, Buffer.concat(chunks));
        const replies = session.envelope.rcptTo.map(() => "2.0.0 Filed");
        done(null, values.lmtp ? replies : replies[0]);
      });
    },
  });
  server.on("error", (error) => console.error(String(error)));
  server.listen(Number(port), host, () => {
    console.log(`listening on ${host}:${server.server.address().port}${secure ? " (TLS)" : ""}`);
    done();
  });
}

start(values.listen, false, () => start(values["listen-tls"], true));
process.on("SIGTERM", () => process.exit(0));
