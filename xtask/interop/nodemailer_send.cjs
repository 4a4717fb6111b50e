// nodemailer as a client with the options of `passerelle send`, exit codes too. PASSERELLE_NPM is the folder that it is
// installed in.
"use strict";

const fs = require("node:fs");
const { createRequire } = require("node:module");
const { parseArgs } = require("node:util");

const nodemailer = createRequire(`${process.env.PASSERELLE_NPM}/`)("nodemailer");

const text = { type: "string" };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    to: text,
    from: text,
    rcpt: { type: "string", multiple: true },
    tls: { type: "string", default: "none" },
    ca: text,
    "tls-name": text,
    auth: text,
    "auth-mechanism": text,
    lmtp: { type: "boolean", default: false },
  },
});

const [host, port] = values.to.split(/:(?=\d+$)/);
const options = {
  host,
  port: Number(port),
  name: "client.test",
  lmtp: values.lmtp,
  secure: values.tls === "implicit",
  requireTLS: values.tls === "starttls",
  ignoreTLS: values.tls === "none",
  connectionTimeout: 30_000,
};
if (values.ca) {
  options.tls = { ca: fs.readFileSync(values.ca), servername: values["tls-name"] };
}
if (values.auth) {
  const [user, file] = values.auth.split(/:(.*)/s);
  options.auth = { user, pass: fs.readFileSync(file, "utf8").trimEnd() };
  options.authMethod = values["auth-mechanism"];
}
const raw = fs.readFileSync(positionals[0]);
const envelope = { from: values.from, to: values.rcpt, use8BitMime: raw.some((octet) => octet > 127) };
nodemailer
  .createTransport(options)
  .sendMail({ envelope, raw })
  .then(
    (info) => process.exit(info.rejected.length === 0 ? 0 : 1),
    (error) => {
      console.error(String(error));
      process.exit(error.responseCode >= 500 ? 1 : 3);
    },
  );
