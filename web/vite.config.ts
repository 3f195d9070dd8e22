import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./compress.ts";

const api = process.env.TASKFORGE_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss(), compress()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "dist",
    // The page's policy lets nothing in by `data:` but pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    // Sizes are held by the browser suite, which counts what travels.
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\//, priority: 1 },
            {
              // What the drawing library stands on, beside it: two light files, not a heavy one.
              name: "chart-ground",
              test: /node_modules\/(@reduxjs|redux|immer|react-redux|es-toolkit|d3-|victory-vendor|decimal|internmap)/,
            },
          ],
        },
      },
    },
  },
  server: {
    // The address that the browser sees is passed on: the session's cookie asks for one origin.
    proxy: {
      "/api": { target: api, changeOrigin: false },
      "/ws": { target: api, changeOrigin: false, ws: true },
      "/health": { target: api, changeOrigin: false },
    },
  },
  test: {
    restoreMocks: true,
    testTimeout: 20_000,
    projects: [
      { extends: true, test: { name: "logic", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "pages", include: ["src/**/*.test.tsx"], environment: "jsdom" },
      },
    ],
  },
});
