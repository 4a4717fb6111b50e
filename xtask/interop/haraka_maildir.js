// A plugin of Haraka: takes mail for the domains in `config/host_list`, for others from users, and files it in a maildir,
// whose folder is in `config/maildir`.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

let count = 0;

exports.hook_rcpt = function (next, connection, [{ host }]) {
  const isOurs = this.config.get("host_list", "list").includes(host.toLowerCase());
  if (isOurs || connection.relaying) return next(OK);
  return next(DENY, "No relaying");
};

exports.hook_queue = function (next, connection) {
  const { mail_from, rcpt_to, message_stream } = connection.transaction;
  const folder = this.config.get("maildir");
  const name = `${process.pid}.${(count += 1)}`;
  const file = fs.createWriteStream(path.join(folder, "tmp", name));
  const trace = [`Return-Path: <${mail_from.address()}>`, ...rcpt_to.map((to) => `Delivered-To: ${to.address()}`)];
  file.write(`${trace.join("\r\n")}\r\n`);
  file.on("close", () => {
    fs.renameSync(path.join(folder, "tmp", name), path.join(folder, "new", name));
    next(OK, "Filed");
  });
  message_stream.pipe(file, { line_endings: "\r\n" });
};

// Of users, mail for others: it would go out.
exports.hook_queue_outbound = exports.hook_queue;
