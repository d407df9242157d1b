/** What the page shows: elements are made here, and nothing is decided. */
import { difference } from "./comparison.js";
import { highlighted } from "./highlighting.js";

const KINDS = { added: "new", removed: "gone", changed: "changed" };

/** Return an element with attributes and children; `null` is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((each) => each !== null));
  return made;
}

/** Show the tree of some paths, with the folders in `open` open; `changes` has what a comparison found. */
export function showTree(container, paths, { chosen, open, changes }) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.path : undefined;
  container.replaceChildren(list(nested(paths), "", { chosen, open, changes }));
  if (focused) container.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
}

function nested(paths) {
  const root = new Map();
  for (const path of paths) {
    const names = path.split("/");
    let folder = root;
    for (const name of names.slice(0, -1)) {
      if (!folder.has(name)) folder.set(name, new Map());
      folder = folder.get(name);
    }
    folder.set(names.at(-1), path);
  }
  return root;
}

function list(folder, prefix, options) {
  const folders = [...folder].filter(([, each]) => each instanceof Map);
  const files = [...folder].filter(([, each]) => !(each instanceof Map));
  return element(
    "ul",
    {},
    ...folders.map(([name, each]) => element("li", {}, folderItem(name, each, prefix, options))),
    ...files.map(([name, path]) => element("li", {}, fileItem(name, path, options))),
  );
}

function folderItem(name, folder, prefix, options) {
  const path = `${prefix}${name}/`;
  const summary = element("summary", { "data-path": path }, `${name}/`);
  return element("details", { open: options.open.has(path) }, summary, list(folder, path, options));
}

function fileItem(name, path, { chosen, changes }) {
  const kind = changes?.get(path)?.kind;
  const attributes = { type: "button", "data-path": path, "data-kind": kind, "aria-current": path === chosen && "true" };
  return element("button", attributes, name, kind ? element("span", {}, ` ${KINDS[kind]}`) : null);
}

/** Show a file with its colours. */
export function showFile(code, path, text) {
  code.innerHTML = highlighted(path, text); // the highlighter escapes the text
}

/** Show the lines in which two texts are different. */
export function showDifference(code, before, after) {
  code.replaceChildren(
    ...difference(before, after).map(({ sign, text }) =>
      element("span", { class: "explorer-line", "data-sign": sign }, `${sign === "@" ? " " : sign}${text}\n`),
    ),
  );
}

/** Return what a comparison found, in words. */
export function summary(changes) {
  const all = [...changes.values()];
  const count = (kind) => all.filter((each) => each.kind === kind).length;
  const sum = (key) => all.reduce((total, each) => total + each[key], 0);
  const files = `${counted(count("added"), "file")} new, ${count("removed")} gone, ${count("changed")} changed`;
  return `${files}; ${counted(sum("added"), "line")} added, ${number(sum("removed"))} removed`;
}

/** Return how many more there are, with the sign: `+12 files`, `−1 file`. */
export function growth(by, noun) {
  return `${by < 0 ? "−" : "+"}${counted(Math.abs(by), noun)}`;
}

/** Return a number with its noun: `1 file`, `12 files`. */
function counted(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function number(count) {
  return count.toLocaleString("en");
}

/** Show names as items of a list, marked where a comparison has found them new or gone. */
export function showNames(container, names, former = names) {
  const all = [...new Set([...names, ...former])].sort();
  container.replaceChildren(...all.map((name) => nameItem(name, names.includes(name), former.includes(name))));
}

function nameItem(name, isThere, wasThere) {
  const kind = isThere === wasThere ? undefined : isThere ? "added" : "removed";
  const words = kind ? element("span", {}, ` ${KINDS[kind]}`) : null;
  return element("li", { "data-kind": kind }, element("code", {}, name), words);
}
