// The package as its users get it: packed, installed, and imported in each way that its exports offer.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { dns, ENVELOPE, NOW, packageFolder, root, signedMessage } from "./support.mjs";

const USE = `
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const resolve = transcriptResolver(new Transcript(readFileSync("dns.json", "utf8")));
  verify(readFileSync("message.eml"), { ...${JSON.stringify(ENVELOPE)}, now: ${NOW}, resolve })
    .then((report) => console.log(report.dmarc.result, entry));
`;

/** Gives an imported .wasm file as a compiled module, as edge workers do. */
const LOADER = `
  import { readFileSync } from "node:fs";
  import { register } from "node:module";
  register("data:text/javascript," + encodeURIComponent(\`
    export async function load(url, context, next) {
      if (!url.endsWith(".wasm")) return next(url, context);
      const source = 'import { readFileSync } from "node:fs";'
        + 'export default new WebAssembly.Module(readFileSync(new URL(' + JSON.stringify(url) + ')));';
      return { format: "module", shortCircuit: true, source };
    }\`));
`;

let folder;
let packed;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "passerelle-"));
  const npm = (args, cwd) => execFileSync("npm", [...args, "--loglevel=error"], { cwd, encoding: "utf8" });
  [packed] = JSON.parse(npm(["pack", "--json", "--pack-destination", folder], packageFolder));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(["install", "--offline", "--no-audit", "--no-fund", join(folder, packed.filename)], folder);
  writeFileSync(join(folder, "message.eml"), signedMessage());
  writeFileSync(join(folder, "dns.json"), JSON.stringify(dns()));
  writeFileSync(join(folder, "loader.mjs"), LOADER);
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program beside the installed package and gives what it prints. */
function run(program, { name = "program.mjs", flags = [] } = {}) {
  writeFileSync(join(folder, name), program);
  return execFileSync(process.execPath, [...flags, name], { cwd: folder, encoding: "utf8" }).trim();
}

test("it holds what it needs, and nothing else", () => {
  const files = packed.files.map((file) => file.path).sort();
  for (const file of ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "index.d.ts", "node.js", "package.json", "page/index.html", "passerelle.js", "passerelle_bg.wasm", "web.js", "worker.js"]) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
  for (const file of files) assert.match(file, /^(page\/)?[\w.-]+\.(js|d\.ts|wasm|html|css)$|^(LICENSE-\w+|README\.md|package\.json)$/);
});

test("it has the workspace's version, and exports that exist", () => {
  const manifest = JSON.parse(readFileSync(join(folder, "node_modules/passerelle/package.json"), "utf8"));
  const version = readFileSync(join(root, "Cargo.toml"), "utf8").match(/^version = "(.*)"$/m)[1];
  assert.equal(manifest.version, version);
  const files = packed.files.map((file) => `./${file.path}`);
  const targets = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(targets));
  for (const target of [...targets(manifest.exports), manifest.main, manifest.types, manifest.browser]) {
    assert.ok(files.includes(target), target);
  }
});

test("imported in Node", () => {
  const program = `import { Transcript, transcriptResolver, verify } from "passerelle";
    const entry = import.meta.resolve("passerelle").split("/").at(-1); ${USE}`;
  assert.equal(run(program), "pass node.js");
});

test("required in Node, where Node can require modules", { skip: !process.features.require_module }, () => {
  const program = `const { Transcript, transcriptResolver, verify } = require("passerelle");
    const entry = require.resolve("passerelle").split(/[\\\\/]/).at(-1); ${USE}`;
  assert.equal(run(program, { name: "program.cjs", flags: ["--no-warnings"] }), "pass node.js");
});

test("imported in an edge worker, which compiles the module itself", () => {
  const program = `import { Transcript, transcriptResolver, verify } from "passerelle";
    const entry = import.meta.resolve("passerelle").split("/").at(-1); ${USE}`;
  const flags = ["--conditions=workerd", "--import=./loader.mjs"];
  assert.equal(run(program, { flags }), "pass worker.js");
});

test("the entry for the web says what it waits for, and takes the module from init()", () => {
  const program = `
    import { init, Transcript, transcriptResolver, Verification, verify } from "./node_modules/passerelle/web.js";
    const tell = (error) => console.log(error.message);
    try { new Verification({ now: 1 }); } catch (error) { tell(error); }
    try { new Transcript(); } catch (error) { tell(error); }
    await init(new Uint8Array(8)).catch((error) => console.log(error.name));
    await init(process.getBuiltinModule("node:fs").readFileSync("node_modules/passerelle/passerelle_bg.wasm"));
    const entry = "web.js"; ${USE}`;
  assert.deepEqual(run(program).split("\n"), [
    "the engine is not loaded yet: await init() first",
    "the engine is not loaded yet: await init() first",
    "CompileError",
    "pass web.js",
  ]);
});

test("the module imports nothing but its own glue: no clock, no randomness", () => {
  const module = new WebAssembly.Module(readFileSync(join(packageFolder, "passerelle_bg.wasm")));
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    assert.equal(from, "./passerelle_bg.js");
    assert.match(name, /^__wb(g|indgen)_/);
    assert.doesNotMatch(name, /random|crypto|now|date|performance|timeout|fetch/i);
  }
});

test("no file of the package but the resolver's touches the network", () => {
  for (const { path } of packed.files.filter((file) => /^(?!passerelle)[\w-]+\.js$/.test(file.path))) {
    const source = readFileSync(join(packageFolder, path), "utf8");
    assert.equal(/\bfetch\(/.test(source), path === "doh.js", path);
    assert.doesNotMatch(source, /https?:\/\/(?!resolver\.example)/, path);
  }
});

test("typescript checks a consumer of it", async (t) => {
  const { compile } = await import("./types.mjs");
  const compiler = compile.find(root);
  if (compiler === undefined) {
    assert.notEqual(process.env.CI, "true", "typescript is not installed");
    return t.skip("typescript is not installed: PASSERELLE_TYPESCRIPT names its folder");
  }
  mkdirSync(join(folder, "types"), { recursive: true });
  const consumer = readFileSync(new URL("types.test.ts", import.meta.url), "utf8");
  writeFileSync(join(folder, "types/consumer.ts"), consumer);
  writeFileSync(join(folder, "types/reports.ts"), await compile.reports());
  compile.check(compiler, folder, ["types/consumer.ts", "types/reports.ts"]);
  writeFileSync(join(folder, "types/wrong.ts"), `import { verify } from "passerelle";\nvoid verify("", {});\n`);
  assert.throws(() => compile.check(compiler, folder, ["types/wrong.ts"]), /resolve/);
});
