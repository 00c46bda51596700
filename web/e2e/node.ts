// What every journey needs: the demonstration's accounts, and signing in as one of them.
import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export interface DemoAccount {
  username: string;
  password: string;
  role: string;
  display_name: string;
}

/** The demo accounts of a role that the node publishes. */
export async function demoAccounts(request: APIRequestContext, role: string): Promise<DemoAccount[]> {
  const settings = (await (await request.get("/api/v1/portal")).json()) as { demo_accounts?: DemoAccount[] };
  return (settings.demo_accounts ?? []).filter((a) => a.role === role);
}

/** One of them; a node without them is not a demonstration. */
export async function demoAccount(request: APIRequestContext, role: string): Promise<DemoAccount> {
  const [account] = await demoAccounts(request, role);
  if (!account) throw new Error(`the node at BRAIN_URL offers no demo account of role ${role}`);
  return account;
}

export async function signIn(page: Page, role: string): Promise<DemoAccount> {
  return signInAs(page, await demoAccount(page.request, role));
}

export async function signInAs(page: Page, account: DemoAccount): Promise<DemoAccount> {
  // A page whose questions are still under way would meet the missing session and go to the sign-in by itself, across us.
  await page.goto("about:blank");
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await page.getByLabel(/^(用户名|Username)$/).fill(account.username);
  await page.getByLabel(/^(密码|Password)$/).fill(account.password);
  await page.locator("form button[type=submit]").click();
  await expect(page.locator("main#main h1")).toBeVisible();
  return account;
}

/** Console errors and failed scripts from now on; expected refusals of the API are not errors of the page. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  return errors;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Serious and critical accessibility violations of the page as it is. */
export async function violations(page: Page): Promise<string[]> {
  // A message that is fading in or out has the contrast of neither state.
  await expect(page.locator(".ant-message-notice-wrapper")).toHaveCount(0, { timeout: 20_000 });
  // Evaluated, not injected as a tag: the portal's content security policy refuses inline scripts.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: (o: object) => Promise<{ violations: Violation[] }> } }).axe;
    return (await axe.run({ resultTypes: ["violations"] })).violations;
  });
  return found
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.target.join(" ")} — ${n.failureSummary.split("\n")[1] ?? ""}`).join(" | ")}`);
}

/** A unified social credit code that no other run has used, its check digit after GB 32100-2015. */
export function creditCode(stamp: number): string {
  const digits = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const body = `91330100${String(stamp).slice(-9)}`;
  const sum = [...body].reduce((total, c, at) => total + digits.indexOf(c) * (3 ** at % 31), 0);
  return body + digits[(31 - (sum % 31)) % 31];
}

/** Waits until nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await expect(page.locator("[aria-busy=true], .ant-btn-loading")).toHaveCount(0, { timeout: 60_000 });
}

export async function run<R>(page: Page, component: string, params: object): Promise<R> {
  const response = await page.request.post(`/api/v1/components/${component}/run`, {
    data: { params },
    headers: { "x-brain-request": "1" },
  });
  expect(response.ok(), `${component}: ${await response.text()}`).toBe(true);
  return ((await response.json()) as { result: R }).result;
}
