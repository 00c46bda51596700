// Signing in with a second factor, as a person does it: set up, sign in with a code, with a recovery code, remove.
import { createHmac } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { settled, signIn, test, violations, watchErrors } from "./node";

const PASSWORD = "Velvet-Otter-71-Gear";

/** The six digits of RFC 6238 for a Base32 secret, `steps` half minutes from now. */
function code(secret: string, steps = 0): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** An account of its own, so that no other test meets a second factor it does not know. */
async function newcomer(page: Page): Promise<string> {
  await signIn(page, "system_administrator");
  const username = `e2e-${Date.now()}`;
  const made = await page.request.post("/api/v1/accounts", {
    headers: { "x-brain-request": "1" },
    data: { username, display_name: "双因素测试", role: "component_author", password: PASSWORD, must_change_password: false },
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

test("a second factor: set up, asked for, recovery code, removed", async ({ page }) => {
  const username = await newcomer(page);
  const errors = watchErrors(page);
  await enter(page, username);
  await expect(page.locator("main#main h1")).toBeVisible();
  await page.goto("/security");
  await settled(page);
  await expect(page.getByRole("heading", { name: "我的安全" })).toBeVisible();
  await expect(page.getByText("演示模式：未强制双因素认证")).toBeVisible();
  expect(await violations(page)).toEqual([]);

  await page.getByRole("button", { name: "设置身份验证器" }).click();
  const secret = await page.getByTestId("totp-secret").innerText();
  await page.getByRole("textbox", { name: /动态口令/ }).fill(code(secret));
  await page.getByRole("button", { name: /确\s?认/ }).click();
  const listed = page.getByTestId("recovery-codes").locator("li");
  await expect(listed).toHaveCount(10);
  const codes = await listed.allInnerTexts();

  // A password alone no longer opens anything; the next code does.
  await enter(page, username);
  await page.getByRole("textbox", { name: /动态口令/ }).fill("000000");
  await page.getByRole("button", { name: /验\s?证/ }).click();
  await expect(page.getByRole("alert").filter({ hasText: "第二因素不正确" })).toBeVisible();
  await page.getByRole("textbox", { name: /动态口令/ }).fill(code(secret, 1));
  await page.getByRole("button", { name: /验\s?证/ }).click();
  await expect(page.locator("main#main h1")).toBeVisible();

  await enter(page, username);
  await page.getByRole("button", { name: "改用恢复码" }).click();
  await page.getByLabel("恢复码").fill(codes[0] ?? "");
  await page.getByRole("button", { name: /验\s?证/ }).click();
  await expect(page.locator("main#main h1")).toBeVisible();
  await page.goto("/security");
  await settled(page);
  await expect(page.getByText("剩余恢复码 9 个")).toBeVisible();
  const sessions = page.getByRole("region", { name: "登录中的会话" });
  await expect(sessions.locator("tbody tr:not(.ant-table-measure-row)")).toHaveCount(3);
  await sessions.getByRole("button", { name: "结束其他会话" }).click();
  await expect(sessions.locator("tbody tr:not(.ant-table-measure-row)")).toHaveCount(1);

  await page.getByRole("button", { name: /移\s?除/ }).first().click();
  await page.locator(".ant-popconfirm").getByRole("button", { name: /移\s?除/ }).click();
  await expect(page.getByText("未设置")).toBeVisible();
  expect(errors).toEqual([]);
});
