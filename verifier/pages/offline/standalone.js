// The whole verifier in one file: the page's script with the scanner in it. What else it needs stands in the file's data
// blocks. Entry of the bundle static/standalone.js.

import * as scanner from "../page/scanner.js";
import { embeddedPacked } from "./embedded.js";
import { carry } from "./reader.js";

carry(async () => {
  const wasm = await embeddedPacked("wasm");
  if (wasm === null) throw new Error("got no scanner in this file, wanted one");
  await scanner.prepare({ wasm });
  return scanner;
});

import "../page/page.js";
