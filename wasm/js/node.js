// Entry for Node, Deno and Bun: the module is a file beside this one, and ready when the import is.

import { readFileSync } from "node:fs";

import { initNow } from "./engine.js";

initNow(readFileSync(new URL("./passerelle_bg.wasm", import.meta.url)));

export * from "./api.js";
