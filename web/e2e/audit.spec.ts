// Who accessed what, and what became of an alarm: the auditor looks, the security administrator works.
import { expect } from "@playwright/test";
import { settled, signIn, test, violations, watchErrors } from "./node";

test("an access is found by the auditor, opened, checked and exported", async ({ page }) => {
  await signIn(page, "government");
  const purpose = `e2e-${Date.now()}`;
  const asked = await page.request.post("/api/v1/sql", {
    headers: { "x-brain-request": "1" },
    data: { sql: "SELECT count(*) AS n FROM subject.enterprise", purpose },
  });
  expect(asked.status(), await asked.text()).toBe(200);

  await signIn(page, "auditor");
  const errors = watchErrors(page);
  await page.goto("/");
  await page.getByRole("link", { name: "审计", exact: true }).click();
  await settled(page);
  await expect(page.getByRole("heading", { level: 1, name: "审计" })).toBeVisible();
  await page.getByLabel("数据集", { exact: true }).fill("subject.enterprise");
  await page.getByLabel("数据集", { exact: true }).press("Enter");
  await settled(page);
  await expect(page).toHaveURL(/dataset=subject.enterprise/);
  // The home page runs components over the same dataset; the query is what was read.
  await page.goto("/audit?dataset=subject.enterprise&action=read");
  await settled(page);
  const table = page.getByRole("region", { name: "审计" });
  await table.locator(".plain-button").first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(purpose)).toBeVisible();
  await expect(dialog.getByText("SELECT count(*) AS n FROM subject.enterprise")).toBeVisible();
  await expect(dialog.getByText("门户")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();

  await page.getByRole("button", { name: "校验全部" }).click();
  await expect(page.getByText(/校验通过：/)).toBeVisible({ timeout: 60_000 });
  const file = page.waitForEvent("download");
  await page.getByRole("button", { name: "导出 CSV" }).click();
  expect((await file).suggestedFilename()).toBe("audit.csv");
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test("a drill goes from open to closed and stays in the timeline", async ({ page }) => {
  await signIn(page, "security_administrator");
  const errors = watchErrors(page);
  await page.goto("/incidents");
  await settled(page);
  expect(await violations(page)).toEqual([]);
  const title = `演练 ${Date.now()}`;
  await page.getByRole("button", { name: "开始演练" }).click();
  await page.getByLabel("标题").fill(title);
  await page.getByLabel("说明").fill("桌面推演：密钥泄露");
  await page.getByRole("button", { name: /提\s?交/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await page.getByRole("button", { name: "由我处理" }).click();
  await expect(page.getByText("处置中")).toBeVisible();
  await page.getByRole("button", { name: "标为已控制" }).click();
  await page.getByLabel("采取了什么措施").fill("已停用密钥");
  await page.locator(".ant-modal-footer").getByRole("button", { name: "标为已控制" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.getByRole("button", { name: /^关\s?闭$/ }).click();
  await page.getByLabel("原因").fill("密钥写在脚本里");
  await page.getByLabel("整改措施").fill("改用密钥库");
  // The cross of a dialog has the same name.
  await page.locator(".ant-modal-footer").getByRole("button", { name: /^关\s?闭$/ }).click();
  await expect(page.getByText("已关闭")).toBeVisible();
  const timeline = page.getByRole("region", { name: "时间线" });
  await expect(timeline.locator("tbody tr:not(.ant-table-measure-row)")).toHaveCount(4);
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

// That both pages are clean and fit a phone is looked at with every other page, in pages.spec.ts.
test("audit records are nobody else's", async ({ page }) => {
  await signIn(page, "government");
  const refused = await page.request.get("/api/v1/audit/records");
  expect(refused.status()).toBe(403);
});
