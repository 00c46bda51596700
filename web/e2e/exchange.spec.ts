// Exchange with other nodes: the page says what comes in and goes out, and the form says why a node refuses.
import { expect } from "@playwright/test";
import { settled, signIn, SIZES, test, violations, watchErrors } from "./node";

test("asking a node that nobody registered is refused in words, wide and narrow", async ({ page }) => {
  await page.setViewportSize(SIZES[0]);
  const errors = watchErrors(page);
  await signIn(page, "system_administrator");
  await page.goto("/exchange");
  await settled(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/数据交换|Exchange/);
  await page.getByRole("button", { name: /订阅他方数据|Subscribe/ }).first().click();
  const form = page.getByRole("dialog");
  await form.getByLabel(/^(节点|Node)$/).fill("nobody-here");
  await form.getByLabel(/^(数据集|Dataset)$/).fill("raw.registry");
  await form.getByLabel(/^(目标数据集|Target dataset)$/).fill("raw.province_registry");
  await form.getByLabel(/^(理由|Reason)$/).fill("汇聚到省级产业数据仓");
  await form.getByLabel(/^(协议编号|Agreement)$/).fill("协议 2026-12");
  await form.getByLabel(/^(有效期至|Until)$/).fill("2030-12-31");
  for (const field of await form.locator("fieldset input").all()) await field.fill("已评估");
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await settled(page);
    await page.screenshot({ path: `test-results/${size.name}-exchange-form.png` });
    expect(await violations(page), size.name).toEqual([]);
    const refused = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().includes("/exchange/"));
    await form.locator(".ant-modal-footer .ant-btn-primary").click();
    expect((await refused).ok(), size.name).toBe(false);
    await expect(form.getByRole("alert").first()).toContainText(/nobody-here/);
  }
  expect(errors).toEqual([]);
});
