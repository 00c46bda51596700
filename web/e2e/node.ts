// What every journey needs: the demonstration's accounts, and signing in as one of them.
import { type APIRequestContext, test as base, expect, type Page, type Request } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The requests of a page that are under way, and how many it began; and where its node is. */
interface Traffic {
  node: string;
  open: Set<Request>;
  begun: number;
}

const traffic = new WeakMap<Page, Traffic>();

/** Playwright's own, with a page whose requests are counted: `settled` needs no half second of silence. */
export const test = base.extend({
  page: async ({ page, baseURL }, use) => {
    const seen: Traffic = { node: baseURL ?? "", open: new Set(), begun: 0 };
    traffic.set(page, seen);
    page.on("request", (request) => {
      seen.open.add(request);
      seen.begun += 1;
    });
    page.on("requestfinished", (request) => void seen.open.delete(request));
    page.on("requestfailed", (request) => void seen.open.delete(request));
    await use(page);
  },
});

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

type Cookies = Parameters<ReturnType<Page["context"]>["addCookies"]>[0];

/** Sessions begun so far, by node and account: journeys are about what comes behind the sign-in. */
const sessions = new Map<string, { cookies: Cookies; begun: number }>();
/** No longer than this, so that the node neither gives the session a new token nor asks for the password again. */
const SESSION_MS = 300_000;

/**
 * Makes the browser that of another account, and leaves it at no page.
 * The session is one that an earlier journey began, if there is one: who signs in anew each time waits for the password
 * to be hashed and for two pages that nobody looks at. The form itself is what `signInByForm` is for.
 */
export async function signInAs(page: Page, account: DemoAccount): Promise<DemoAccount> {
  // A page whose questions are still under way would meet the missing session and go to the sign-in by itself, across us.
  await page.goto("about:blank");
  const context = page.context();
  await context.clearCookies();
  const key = `${traffic.get(page)?.node} ${account.username}`;
  const kept = sessions.get(key);
  if (kept && Date.now() - kept.begun < SESSION_MS) {
    await context.addCookies(kept.cookies);
    return account;
  }
  const answer = await page.request.post("/api/v1/session", {
    headers: { "x-brain-request": "1" },
    data: { username: account.username, password: account.password },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  sessions.set(key, { cookies: await context.cookies(), begun: Date.now() });
  return account;
}

/** As a person does it, up to the first page. */
export async function signInByForm(page: Page, account: DemoAccount): Promise<DemoAccount> {
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

export interface Blocked {
  directive: string;
  uri: string;
  page: string;
  sample: string;
}

/** Collects what the policy of contents blocks, on every page that is opened from now on; asked, it gives what is new. */
export async function watchPolicy(page: Page): Promise<() => Promise<Blocked[]>> {
  const found: Blocked[] = [];
  await page.exposeFunction("blockedByPolicy", (blocked: Blocked) => found.push(blocked));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const tell = (window as unknown as { blockedByPolicy: (b: object) => void }).blockedByPolicy;
      tell({ directive: event.effectiveDirective, uri: event.blockedURI, page: location.pathname, sample: event.sample });
    });
  });
  return async () => {
    // Events come in tasks of their own.
    await page.waitForTimeout(50);
    return found.splice(0);
  };
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
  // Evaluated, not injected as a tag: the portal's content security policy refuses inline scripts. Once a document.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    interface Axe {
      run: (o: object) => Promise<{ violations: Violation[] }>;
      _audit: { rules: { id: string; impact: string }[] };
    }
    const { axe } = window as unknown as { axe: Axe };
    // Rules of lesser impact find nothing that is looked for below, and some of them look at every element.
    const lesser = axe._audit.rules.filter((rule) => rule.impact === "minor" || rule.impact === "moderate");
    const rules = Object.fromEntries(lesser.map((rule) => [rule.id, { enabled: false }]));
    return (await axe.run({ resultTypes: ["violations"], rules })).violations;
  });
  return found
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.target.join(" ")} — ${n.failureSummary.split("\n")[1] ?? ""}`).join(" | ")}`);
}

/** Wide and narrow; a phone is 375 px. */
export const SIZES = [
  { name: "1440", width: 1440, height: 900 },
  { name: "375", width: 375, height: 812 },
] as const;
export type Size = (typeof SIZES)[number];

/** What is done at a size before the page is judged, and after. */
interface Round {
  before?: (size: Size) => Promise<void>;
  after?: (size: Size) => Promise<void>;
}

/**
 * What is wrong with the page as it is, at each size: accessibility and scrolling sideways.
 * The page is made narrow while it is open, as a window is: loading every page twice takes minutes more.
 */
export async function flaws(page: Page, at: string, { before, after }: Round = {}): Promise<string[]> {
  const found: string[] = [];
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await settled(page);
    await before?.(size);
    const sideways = await page.evaluate(() =>
      [document.documentElement, document.querySelector("main#main")].some((e) => e !== null && e.scrollWidth > e.clientWidth + 1),
    );
    const where = `${at} at ${size.name} px`;
    if (sideways) found.push(`${where}: scrolls sideways`);
    found.push(...(await violations(page)).map((v) => `${where}: ${v}`));
    await after?.(size);
  }
  return found;
}

/** A unified social credit code that no other run has used, its check digit after GB 32100-2015. */
export function creditCode(stamp: number): string {
  const digits = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const body = `91330100${String(stamp).slice(-9)}`;
  const sum = [...body].reduce((total, c, at) => total + digits.indexOf(c) * (3 ** at % 31), 0);
  return body + digits[(31 - (sum % 31)) % 31];
}

const PATIENCE_MS = 120_000;

/**
 * Waits until nothing is loading any more: no request is under way, nothing says that it is busy, what moves has
 * arrived, twice in a row with frames drawn in between, in which an answer may have begun the next question.
 */
export async function settled(page: Page): Promise<void> {
  const seen = traffic.get(page);
  if (!seen) throw new Error("import `test` from ./node");
  const until = Date.now() + PATIENCE_MS;
  let busy = "";
  for (let calm = 0; calm < 2; ) {
    const { begun } = seen;
    busy = await stirring(page);
    const quiet = busy === "" && seen.open.size === 0 && seen.begun === begun;
    calm = quiet ? calm + 1 : 0;
    if (Date.now() > until) {
      throw new Error(`${page.url()} does not settle: ${busy || "requests"} ${[...seen.open].map((request) => request.url()).join(" ")}`);
    }
  }
}

/** What on the page has not come to rest after two frames. */
async function stirring(page: Page): Promise<string> {
  const look = () =>
    page.evaluate(async () => {
      await new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))));
      if (!document.querySelector("#root > *")) return "nothing drawn";
      const busy = document.querySelector("[aria-busy=true], .ant-btn-loading, .underway");
      if (busy) return busy.className || busy.tagName;
      // Endless ones are decoration.
      const moving = document.getAnimations().some((one) => one.playState === "running" && one.effect?.getComputedTiming().iterations !== Infinity);
      return moving ? "an animation" : "";
    });
  try {
    return await look();
  } catch (cause) {
    // Another page took the place of this one meanwhile.
    if (page.isClosed() || !/context was destroyed|navigat/i.test(String(cause))) throw cause;
    return "another page";
  }
}

export async function run<R>(page: Page, component: string, params: object): Promise<R> {
  const response = await page.request.post(`/api/v1/components/${component}/run`, {
    data: { params },
    headers: { "x-brain-request": "1" },
  });
  expect(response.ok(), `${component}: ${await response.text()}`).toBe(true);
  return ((await response.json()) as { result: R }).result;
}
