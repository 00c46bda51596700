// A dataset one may not see: asked for, approved by who decides, seen, taken back, refused at the next read.
import { expect, type Page } from "@playwright/test";
import { demoAccounts, flaws, settled, signIn, signInAs, SIZES, test, violations, watchErrors, watchPolicy } from "./node";

interface Answer {
  dataset: string;
  allow: boolean;
}

/** A dataset with rows that no grant opens to the signed-in account. */
async function closedDataset(page: Page): Promise<string> {
  const access = (await (await page.request.get("/api/v1/access")).json()) as { items: Answer[] };
  const catalogue = (await (await page.request.get("/api/v1/datasets?page_size=500")).json()) as {
    items: { name: string; rows: number; owner: string }[];
  };
  const closed = access.items.find((a) => !a.allow && catalogue.items.some((d) => d.name === a.dataset && d.rows > 0 && !/^[0-9A-Z]{18}$/.test(d.owner)));
  if (!closed) throw new Error("every dataset with rows is open to this account");
  return closed.dataset;
}

async function chooseDay(page: Page, label: string, day: string) {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(day);
  await field.press("Enter");
}

const inAMonth = () => new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

test("request, approve, rows appear, revoke, refused at the next read", async ({ page }) => {
  test.setTimeout(120_000);
  const [asker] = await demoAccounts(page.request, "component_author");
  if (!asker) throw new Error("no component author");
  await signInAs(page, asker);
  const dataset = await closedDataset(page);
  const errors = watchErrors(page);
  await page.goto(`/data/${dataset}`);
  await settled(page);
  await expect(page.getByText("需要授权").first()).toBeVisible();
  await page.getByTestId("request-access").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "用途" }).click();
  await page.locator(".ant-select-item-option").filter({ hasText: "查看与核对" }).click();
  await expect(page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)")).toHaveCount(0);
  const reason = `核对供货 ${Date.now()}`;
  await dialog.getByLabel("申请理由").fill(reason);
  await chooseDay(page, "期限至", inAMonth());
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "提交申请" }).click();
  await expect(dialog).toBeHidden();
  await page.goto("/requests");
  await settled(page);
  await expect(page.locator("tr", { hasText: reason })).toContainText("待审批");

  await signIn(page, "security_administrator");
  await page.goto("/requests?tab=inbox");
  await settled(page);
  await page.locator("tr", { hasText: reason }).getByRole("button", { name: /批\s*准/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /批\s*准/ }).click();
  await expect(page.locator("tr", { hasText: reason })).toContainText("已授权");

  await signInAs(page, asker);
  await page.goto(`/data/${dataset}`);
  await settled(page);
  await expect(page.locator("tbody tr:not(.ant-table-measure-row)").first()).toBeVisible();
  await page.goto(`/access?dataset=${dataset}`);
  await settled(page);
  await expect(page.getByTestId("access-answer")).toContainText("可以读取");

  await signIn(page, "security_administrator");
  await page.goto("/requests?tab=inbox");
  await settled(page);
  await page.locator("tr", { hasText: reason }).getByRole("button", { name: /撤\s*销/ }).click();
  await page.locator(".ant-popover").getByRole("button", { name: /撤\s*销/ }).click();
  await expect(page.locator("tr", { hasText: reason })).toContainText("已收回");

  await signInAs(page, asker);
  expect((await page.request.get(`/api/v1/datasets/${dataset}/rows`)).status()).toBe(403);
  await page.goto(`/data/${dataset}`);
  await settled(page);
  await expect(page.getByText("需要授权").first()).toBeVisible();
  expect(errors).toEqual([]);
});

test("requests and access are clean, wide and narrow", async ({ page }) => {
  test.setTimeout(120_000);
  const blocked = await watchPolicy(page);
  await signIn(page, "security_administrator");
  const errors = watchErrors(page);
  for (const path of ["/requests", "/requests?tab=inbox", "/requests?tab=delegations", "/access", "/access?dataset=subject.enterprise"]) {
    await page.setViewportSize(SIZES[0]);
    await page.goto(path);
    await settled(page);
    expect(await blocked(), path).toEqual([]);
    expect(await flaws(page, path)).toEqual([]);
    // What the check itself was refused is not the page's.
    await blocked();
  }
  expect(errors).toEqual([]);
});
