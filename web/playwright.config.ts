// Browser journeys against a node that is already running: BRAIN_URL says where.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    baseURL: process.env.BRAIN_URL ?? "http://127.0.0.1:7600",
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    colorScheme: "light",
    trace: "retain-on-failure",
    launchOptions: {
      // The language of native date fields comes from the environment.
      env: { ...process.env, LANGUAGE: "zh_CN" } as Record<string, string>,
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // WebGL without a graphics card, and a sandbox that works for root in a container.
      args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--lang=zh-CN"],
    },
  },
});
