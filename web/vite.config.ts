import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const node = process.env.BRAIN_URL ?? "http://127.0.0.1:7600";

export default defineConfig({
  plugins: [react()],
  // The node puts the number of its policy in this place of each page (crates/api/src/protection.rs).
  html: { cspNonce: "brain-csp-nonce" },
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 900,
    // Fonts and scripts must come from our own host; nothing is inlined, so that a strict CSP holds.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": { target: node, changeOrigin: false }, "/readyz": node } },
  preview: { proxy: { "/api": { target: node, changeOrigin: false }, "/readyz": node } },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    // A busy machine is slow, not wrong.
    testTimeout: 60_000,
  },
});
