/** What is different between two services. */
import { diffLines } from "./vendor/diff/libesm/diff/line.js";
import { countLines } from "./services.js";

const CONTEXT = 3;

/** Return the files that are not the same, by path: the kind of change, and the numbers of lines. */
export function compare(before, after) {
  const changes = new Map();
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    if (before.get(path) !== after.get(path)) changes.set(path, change(before.get(path), after.get(path)));
  }
  return changes;
}

function change(before, after) {
  if (before === undefined) return { kind: "added", added: countLines(after), removed: 0 };
  if (after === undefined) return { kind: "removed", added: 0, removed: countLines(before) };
  const parts = diffLines(before, after);
  const count = (key) => parts.reduce((sum, part) => sum + (part[key] ? part.count : 0), 0);
  return { kind: "changed", added: count("added"), removed: count("removed") };
}

/** Return the lines of a diff, with their signs; `@` is where lines that are the same are left out. */
export function difference(before = "", after = "") {
  const lines = diffLines(before, after).flatMap(({ value, added, removed }) =>
    value.replace(/\n$/, "").split("\n").map((text) => ({ sign: added ? "+" : removed ? "-" : " ", text })),
  );
  const near = lines.map(({ sign }) => sign !== " ");
  const shown = lines.map((_, at) => near.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).includes(true));
  return lines.flatMap((line, at) => (shown[at] ? [line] : shown[at - 1] ?? true ? [{ sign: "@", text: "…" }] : []));
}
