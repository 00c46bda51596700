// A firm publishes a product of its own rows; another asks, the owner approves, it reads; the owner sees the use and withdraws.
import { expect, type Page } from "@playwright/test";
import { demoAccounts, flaws, settled, signInAs, SIZES, test, violations, watchErrors } from "./node";

const DATASET = "subject.enterprise_link";

async function rowsOf(page: Page, id: string): Promise<number> {
  return (await page.request.get(`/api/v1/products/${id}/rows`)).status();
}

async function choose(page: Page, label: string, option: string) {
  await page.getByRole("dialog").getByRole("combobox", { name: label }).click();
  await page.locator(".ant-select-item-option").filter({ hasText: option }).click();
  await expect(page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)")).toHaveCount(0);
}

async function chooseDay(page: Page, label: string, day: string) {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(day);
  await field.press("Enter");
}

const inAMonth = () => new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

test("publish from a dataset, ask, approve, read by page and interface, see the use, withdraw", async ({ page }) => {
  test.setTimeout(180_000);
  const accounts = await demoAccounts(page.request, "enterprise");
  const [owner, other] = accounts;
  if (!owner || !other) throw new Error("two firms are needed");
  const id = `links_${Date.now()}`;
  const errors = watchErrors(page);

  await signInAs(page, owner);
  await page.goto(`/data/${DATASET}`);
  await settled(page);
  await page.getByTestId("publish-product").click();
  await settled(page);
  await page.getByLabel("标识", { exact: true }).fill(id);
  await page.getByLabel("名称", { exact: true }).fill("供货关系");
  await page.getByLabel("支持联系方式").fill("数据处 0571");
  await page.getByRole("textbox", { name: "版本说明" }).fill("首版");
  await page.getByRole("button", { name: /试\s*算/ }).click();
  await settled(page);
  await expect(page.getByText("将发布为 1.0.0")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: /^发\s*布$/ }).click();
  await expect(page).toHaveURL(new RegExp(`/products/${id}`));
  await settled(page);
  await expect(page.getByRole("heading", { name: "供货关系", level: 1 })).toBeVisible();

  await signInAs(page, other);
  await page.goto(`/products?text=${id}`);
  await settled(page);
  await expect(page.getByText("需要申请").first()).toBeVisible();
  await page.getByRole("link", { name: "供货关系" }).click();
  await settled(page);
  expect(await rowsOf(page, id)).toBe(403);
  await page.getByTestId("request-product").click();
  await choose(page, "用途", "统计分析");
  const reason = `供应链分析 ${id}`;
  await page.getByRole("dialog").getByLabel("申请理由").fill(reason);
  await chooseDay(page, "期限至", inAMonth());
  await page.getByRole("dialog").getByRole("button", { name: "提交申请" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();

  await signInAs(page, owner);
  await page.goto("/requests?tab=inbox");
  await settled(page);
  await page.locator("tr", { hasText: reason }).getByRole("button", { name: /批\s*准/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /批\s*准/ }).click();
  await expect(page.locator("tr", { hasText: reason })).toContainText("已授权");

  await signInAs(page, other);
  await page.goto(`/products/${id}?tab=preview`);
  await settled(page);
  await expect(page.locator("tbody tr:not(.ant-table-measure-row)").first()).toBeVisible();
  expect(await rowsOf(page, id)).toBe(200);
  const file = await page.request.get(`/api/v1/products/${id}/file?format=parquet`);
  expect(file.headers()["x-content-sha256"]).toMatch(/^[0-9a-f]{64}$/);

  await signInAs(page, owner);
  await page.goto(`/products/${id}?tab=usage`);
  await settled(page);
  await expect(page.getByText("使用单位")).toBeVisible();
  await expect(page.locator("tbody tr:not(.ant-table-measure-row)", { hasText: "接口" }).first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("withdraw-product").click();
  await page.getByRole("dialog").getByLabel("原因").fill("停止提供");
  await page.getByRole("dialog").getByRole("button", { name: /下\s*架/ }).click();
  await expect(page.getByText("已下架，所有读取都被拒绝。")).toBeVisible();

  await signInAs(page, other);
  expect(await rowsOf(page, id)).toBe(409);
  expect(errors).toEqual([]);
});

test("products are clean, wide and narrow", async ({ page }) => {
  test.setTimeout(180_000);
  const [account] = await demoAccounts(page.request, "enterprise");
  if (!account) throw new Error("no firm");
  await signInAs(page, account);
  const errors = watchErrors(page);
  const shelf = (await (await page.request.get("/api/v1/products?mine=true")).json()) as { items: { id: string }[] };
  const tabs = shelf.items.slice(0, 1).flatMap(({ id }) => ["fields", "contract", "calling", "preview", "versions", "subscriptions", "usage"].map((tab) => `/products/${id}?tab=${tab}`));
  for (const path of ["/products", "/products?text=none-such", `/products/new?dataset=${DATASET}`, "/products/new?sql=SELECT%201", "/products/usage", ...tabs]) {
    await page.setViewportSize(SIZES[0]);
    await page.goto(path);
    expect(await flaws(page, path)).toEqual([]);
  }
  expect(errors).toEqual([]);
});
