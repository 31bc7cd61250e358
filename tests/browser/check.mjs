// Reads tasks from the standard input and writes what came of them, in Node.js: node check.mjs CHECK.JS < TASKS.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { outcomes } from "./check_tasks.mjs";

const check = await import(pathToFileURL(process.argv[2]));
writeFileSync(process.argv[3], JSON.stringify(await outcomes(check, JSON.parse(readFileSync(0, "utf-8")))));
