// Passkeys in a real browser, with the authenticator that Chromium offers to tests: add, sign in with and without a
// password, show again for a sensitive act, remove.
import { expect, type CDPSession, type Page } from "@playwright/test";
import { settled, signIn, test, violations, watchErrors } from "./node";

const PASSWORD = "Velvet-Otter-71-Gear";

// Browsers keep no passkeys for an address of numbers.
test.use({ baseURL: (process.env.BRAIN_URL ?? "http://127.0.0.1:7600").replace("127.0.0.1", "localhost") });

interface Authenticator {
  cdp: CDPSession;
  id: string;
}

/** A device with a fingerprint reader, and a finger that is always right. */
async function authenticator(page: Page): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { cdp, id: authenticatorId };
}

async function newcomer(page: Page): Promise<string> {
  await signIn(page, "system_administrator");
  const username = `passkey-${Date.now()}`;
  const made = await page.request.post("/api/v1/accounts", {
    headers: { "x-brain-request": "1" },
    data: { username, display_name: "通行密钥测试", role: "component_author", password: PASSWORD, must_change_password: false },
  });
  expect(made.status(), await made.text()).toBe(201);
  return username;
}

async function enter(page: Page, username: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码", { exact: true }).fill(PASSWORD);
  await page.locator("form button[type=submit]").click();
}

async function addPasskey(page: Page, name: string): Promise<void> {
  await page.goto("/security");
  await settled(page);
  const region = page.getByRole("region", { name: "通行密钥" });
  await region.getByRole("button", { name: "添加通行密钥" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("名称").fill(name);
  await dialog.getByRole("button", { name: /保\s?存/ }).click();
  await expect(region.getByText(name)).toBeVisible();
}

test("a passkey: added, asked for after the password, and enough without one", async ({ page }) => {
  const device = await authenticator(page);
  const username = await newcomer(page);
  const errors = watchErrors(page);
  await enter(page, username);
  await expect(page.locator("main#main h1")).toBeVisible();
  await addPasskey(page, "办公电脑");
  await expect(page.getByTestId("recovery-codes").locator("li")).toHaveCount(10);
  expect(await violations(page)).toEqual([]);

  // The password alone opens nothing any more.
  await enter(page, username);
  await page.getByRole("button", { name: "使用通行密钥" }).click();
  await expect(page.locator("main#main h1")).toBeVisible();

  // And the passkey needs no password.
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "用通行密钥登录" }).click();
  await expect(page.locator("main#main h1")).toBeVisible();
  const { credentials } = await device.cdp.send("WebAuthn.getCredentials", { authenticatorId: device.id });
  expect(credentials).toHaveLength(1);
  expect(credentials[0]?.rpId).toBe("localhost");

  await page.goto("/security");
  await settled(page);
  const region = page.getByRole("region", { name: "通行密钥" });
  await region.getByRole("button", { name: "重命名" }).click();
  await page.getByRole("dialog").getByLabel("名称").fill("家里的电脑");
  await page.getByRole("dialog").getByRole("button", { name: /保\s?存/ }).click();
  await expect(region.getByText("家里的电脑")).toBeVisible();
  await region.getByRole("button", { name: /移\s?除/ }).click();
  await page.locator(".ant-popconfirm").getByRole("button", { name: /移\s?除/ }).click();
  await expect(region.getByText("尚未添加通行密钥。")).toBeVisible();
  expect(errors).toEqual([]);
});

test("a finger that does not fit opens nothing and says so calmly", async ({ page }) => {
  const device = await authenticator(page);
  const username = await newcomer(page);
  await enter(page, username);
  await expect(page.locator("main#main h1")).toBeVisible();
  await addPasskey(page, "办公电脑");
  await device.cdp.send("WebAuthn.setUserVerified", { authenticatorId: device.id, isUserVerified: false });
  await enter(page, username);
  await page.getByRole("button", { name: "使用通行密钥" }).click();
  await expect(page.getByText("未完成：已取消或超时。")).toBeVisible();
  await page.getByRole("button", { name: "改用恢复码" }).click();
  await expect(page.getByLabel("恢复码")).toBeVisible();
});
