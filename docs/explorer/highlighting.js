/** The colours of a file, by the site's own variables. */
import hljs from "./vendor/@highlightjs/cdn-assets/es/core.min.js";
import bash from "./vendor/@highlightjs/cdn-assets/es/languages/bash.min.js";
import dockerfile from "./vendor/@highlightjs/cdn-assets/es/languages/dockerfile.min.js";
import ini from "./vendor/@highlightjs/cdn-assets/es/languages/ini.min.js";
import json from "./vendor/@highlightjs/cdn-assets/es/languages/json.min.js";
import markdown from "./vendor/@highlightjs/cdn-assets/es/languages/markdown.min.js";
import python from "./vendor/@highlightjs/cdn-assets/es/languages/python.min.js";
import yaml from "./vendor/@highlightjs/cdn-assets/es/languages/yaml.min.js";

const GRAMMARS = { bash, dockerfile, ini, json, markdown, python, yaml };
const LANGUAGES = [
  [/\.(py|mako)$/, "python"],
  [/\.(yaml|yml)$/, "yaml"],
  [/\.(toml|ini|env|env\.example)$/, "ini"],
  [/\.md$/, "markdown"],
  [/\.json$/, "json"],
  [/(^|\/)Dockerfile$/, "dockerfile"],
  [/(^|\/)(\.dockerignore|\.gitignore|.*\.sh)$/, "bash"],
];

for (const [name, grammar] of Object.entries(GRAMMARS)) hljs.registerLanguage(name, grammar);

/** Return the language of a file by its path, or undefined. */
export function languageOf(path) {
  return LANGUAGES.find(([pattern]) => pattern.test(path))?.[1];
}

/** Return the HTML of a text, in the language of its file. */
export function highlighted(path, text) {
  const language = languageOf(path) ?? "plaintext";
  return language === "plaintext" ? escaped(text) : hljs.highlight(text, { language }).value;
}

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
