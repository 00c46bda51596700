// What a browser sees of the protection: headers, cookies, origins, and that the policy of contents stops what is
// injected. That it blocks nothing of the portal's own is looked at on every page, in pages.spec.ts.
import { expect } from "@playwright/test";
import { demoAccount, settled, signIn, signInByForm, test, watchPolicy } from "./node";

test("an injected script or style does not run, and the portal may not be framed", async ({ page }) => {
  await signIn(page, "government");
  const blocked = await watchPolicy(page);
  await page.goto("/about");
  await settled(page);
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    document.head.insertAdjacentHTML("beforeend", "<style>body { outline: 7px solid red }</style>");
    const image = document.createElement("div");
    image.innerHTML = "<img src=x onerror=\"window.injected = true\">";
    document.body.append(image);
    await new Promise((done) => setTimeout(done, 300));
    return { injected: "injected" in window, outline: getComputedStyle(document.body).outlineWidth };
  });
  expect(ran.injected).toBe(false);
  expect(ran.outline).not.toBe("7px");
  const directives = new Set((await blocked()).map((b) => b.directive));
  expect([...directives].sort()).toEqual(expect.arrayContaining(["script-src-attr", "script-src-elem", "style-src-elem"]));
  // A page of another origin tries to show the portal in a frame.
  const base = new URL(page.url()).origin;
  await page.goto("data:text/html,<iframe id=f></iframe>");
  await page.evaluate((url) => {
    (document.getElementById("f") as HTMLIFrameElement).src = url;
  }, base);
  await page.waitForTimeout(500);
  const frame = page.frames().find((f) => f !== page.mainFrame());
  expect(await frame?.locator("#root").count().catch(() => 0) ?? 0).toBe(0);
});

test("every answer carries its protection", async ({ request }) => {
  for (const path of ["/", "/chain", "/api/v1/portal", "/api/v1/datasets", "/api/v1/none", "/assets/none.js", "/favicon.svg", "/livez", "/readyz"]) {
    const headers = (await request.get(path)).headers();
    const policy = headers["content-security-policy"] ?? "";
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy.replace(/style-src[^;]*/g, ""), path).not.toContain("unsafe");
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["x-frame-options"], path).toBe("DENY");
    expect(headers["referrer-policy"], path).toBe("no-referrer");
    expect(headers["cross-origin-opener-policy"], path).toBe("same-origin");
    expect(headers["cross-origin-resource-policy"], path).toBe("same-origin");
    expect(headers["permissions-policy"], path).toContain("camera=()");
    expect(headers["server"], path).toBeUndefined();
    expect(headers["x-powered-by"], path).toBeUndefined();
    expect(headers["access-control-allow-origin"], path).toBeUndefined();
    if (path.startsWith("/api/")) expect(headers["cache-control"], path).toBe("no-store");
  }
});

test("the session's cookie is out of reach of scripts and of other sites", async ({ page, context }) => {
  await signInByForm(page, await demoAccount(page.request, "government"));
  const cookies = await context.cookies();
  expect(cookies.map((cookie) => cookie.name.replace("__Host-", ""))).toEqual(["brain_session"]);
  const [cookie] = cookies;
  expect(cookie?.httpOnly).toBe(true);
  expect(cookie?.sameSite).toBe("Strict");
  expect(cookie?.path).toBe("/");
  // Over TLS it is bound to the host as well; over loopback a browser would drop such a cookie.
  expect(cookie?.secure).toBe(page.url().startsWith("https:"));
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(await page.evaluate(() => Object.values(localStorage).join(" ") + Object.values(sessionStorage).join(" "))).not.toContain(cookie?.value ?? "?");
});

test("another site's page gets no answer, with or without a session", async ({ page, request, baseURL }) => {
  await signIn(page, "government");
  const preflight = await request.fetch("/api/v1/sql", {
    method: "OPTIONS",
    headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
  });
  expect(preflight.headers()["access-control-allow-origin"]).toBeUndefined();
  // A page without an origin of its own, in the same browser, with the session's cookie in the jar.
  await page.goto("data:text/html,<p>elsewhere</p>");
  const read = await page.evaluate(async (base) => {
    const tries = [
      fetch(`${base}/api/v1/session`, { credentials: "include" }),
      fetch(`${base}/api/v1/sql`, { method: "POST", credentials: "include", body: '{"sql":"SELECT 1"}' }),
    ];
    return Promise.all(tries.map((t) => t.then(() => "read", () => "refused")));
  }, baseURL ?? "");
  expect(read).toEqual(["refused", "refused"]);
});

test("methods nobody speaks and names that are not ours are refused", async ({ request }) => {
  expect((await request.fetch("/", { method: "TRACE" })).status()).toBe(405);
  expect((await request.fetch("/api/v1/portal", { method: "PROPFIND" })).status()).toBe(405);
  const rebound = await request.get("/api/v1/portal", { headers: { host: "rebound.evil.example" } });
  expect(rebound.status()).toBe(421);
  expect(((await rebound.json()) as { code: string }).code).toBe("api/unknown-host");
});

test("the bill of materials is found in the console and can be searched", async ({ page }) => {
  await signIn(page, "auditor");
  await page.goto("/");
  await page.getByRole("link", { name: "软件物料清单" }).click();
  await settled(page);
  await expect(page.getByRole("heading", { name: "软件物料清单" })).toBeVisible();
  await page.getByPlaceholder("名称、版本、许可或使用者").fill("tokio-rustls");
  await page.getByPlaceholder("名称、版本、许可或使用者").press("Enter");
  await expect(page.getByRole("cell", { name: "tokio-rustls", exact: true })).toBeVisible();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "下载 CycloneDX" }).click();
  expect((await downloading).suggestedFilename()).toBe("sbom.cdx.json");
});
