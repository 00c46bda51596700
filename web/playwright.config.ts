// Browser journeys against a node that is already running: BRAIN_URL says where.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // One: journeys share a node. An ingest makes new versions that others count, the auditor looks for the newest access,
  // limits are kept by address, and models, builds and matches queue for the same two cores as the drawing.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    baseURL: process.env.BRAIN_URL ?? "http://127.0.0.1:7600",
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    colorScheme: "light",
    // What the page was at each step, and its picture where a journey failed; a film of every journey costs a core.
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: "only-on-failure",
    launchOptions: {
      // The language of native date fields comes from the environment.
      env: { ...process.env, LANGUAGE: "zh_CN" } as Record<string, string>,
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // WebGL without a graphics card, and a sandbox that works for root in a container.
      args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--lang=zh-CN"],
    },
  },
});
