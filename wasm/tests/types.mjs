// TypeScript's compiler, and real reports for it to hold against the types.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { Transcript, transcriptResolver, verify } from "../pkg/node.js";
import { dns, ENVELOPE, NOW, signedMessage } from "./support.mjs";

export const compile = {
  /** The compiler's program: of PASSERELLE_TYPESCRIPT, or where the project's own commands install it. */
  find(root) {
    const folders = [process.env.PASSERELLE_TYPESCRIPT, join(root, "target/tools/npm/node_modules/typescript")];
    return folders.filter(Boolean).map((folder) => join(folder, "bin/tsc")).find((program) => existsSync(program));
  },

  check(compiler, cwd, files) {
    const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
    flags.push("--module", "nodenext", "--moduleResolution", "nodenext", "--lib", "es2022,dom,dom.asynciterable", "--types", "");
    try {
      execFileSync(process.execPath, [compiler, ...flags, ...files], { cwd, encoding: "utf8" });
    } catch (error) {
      throw new Error(error.stdout + error.stderr);
    }
  },

  /** Reports as constants: a field that the types do not know, or know otherwise, does not compile. */
  async reports() {
    const message = signedMessage();
    const resolve = transcriptResolver(new Transcript(JSON.stringify(dns())));
    const failing = async () => ({ status: "SERVFAIL" });
    const reports = await Promise.all([
      verify(message, { ...ENVELOPE, now: NOW, resolve }),
      verify(message.replace("Hello", "Hallo"), { ...ENVELOPE, ip: "203.0.113.9", now: NOW, resolve }),
      verify(message, { ...ENVELOPE, now: NOW, resolve: failing }),
      verify(message, { now: NOW, resolve }),
      verify(message.replace(" h=from:subject;", " h=from:subject; l=3;"), { ...ENVELOPE, now: NOW, resolve }),
      verify("DKIM-Signature: nonsense\r\nFrom: a@example.org, b@example.com\r\n\r\n", { now: NOW, resolve }),
      verify("", { ip: "2001:db8::1", helo: "h.example", mailFrom: "", now: NOW, resolve }),
    ]);
    const constants = reports.map((report, n) => `export const r${n}: Report = ${JSON.stringify(report)};\n`);
    return `import type { Report } from "passerelle";\n${constants.join("")}`;
  },
};
