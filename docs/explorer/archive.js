/** A service as a zip file. */
import { strToU8, zipSync } from "./vendor/fflate/esm/browser.js";

const UNIX = 3;
const A_FILE = 0o100644;

/** Return a zip file with the files of a service in a folder. */
export function archive(files, folder) {
  const entries = [...files].map(([path, text]) => [`${folder}/${path}`, strToU8(text)]);
  return zipSync(Object.fromEntries(entries), { os: UNIX, attrs: A_FILE << 16 });
}
