import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fonts are compressed as they are; below a packet there is nothing to win. */
const TEXT = /\.(?:css|html|js|svg)$/;
const LEAST_BYTES = 1_400;

/** Beside each text file its twins in Brotli and gzip, for servers to send as they are. */
export function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      const names = Object.keys(bundle).filter((name) => TEXT.test(name));
      await Promise.all(names.map((name) => pack(join(dir, name))));
    },
  };
}

async function pack(path: string): Promise<void> {
  const text = await readFile(path);
  if (text.length < LEAST_BYTES) return;
  const hint = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
  await writeFile(`${path}.br`, brotliCompressSync(text, { params: hint }));
  await writeFile(`${path}.gz`, gzipSync(text, { level: 9 }));
}
