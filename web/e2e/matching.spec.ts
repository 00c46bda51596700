// Two tables are matched; a person decides with the keyboard, takes it back, decides again; the cluster says why it is.
import { readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";
import { flaws, settled, signIn, test, violations, watchErrors } from "./node";

interface Found {
  name: string;
  rows: number;
}

const HEADERS = { "x-brain-request": "1" };

/** A set over two tables of the demonstration that this account reads; duplicates of firms within one where it is alone. */
async function aSet(page: Page): Promise<string> {
  const catalogue = (await (await page.request.get("/api/v1/datasets?page_size=500")).json()) as { items: Found[] };
  const firms = catalogue.items.find((dataset) => dataset.name === "subject.enterprise" && dataset.rows > 1);
  if (!firms) throw new Error("the demonstration has no firms");
  const columns = { name: "name" };
  const plan = {
    preset: "firm",
    steps: [{ left: { dataset: firms.name, key: ["enterprise_id"], columns }, right: null }],
    upper: 0.999, lower: 0.01, sample: 5, one_to_one: false,
    golden: {
      attributes: { legal_name: { [firms.name]: "name" }, short_name: { [firms.name]: "short_name" }, uscc: { [firms.name]: "uscc" } },
      dates: {}, survivorship: { sources: [firms.name], default: ["most_complete"], attributes: {} },
    },
  };
  const body = { name: `查重 ${Date.now()}`, plan, reason: "浏览器测试" };
  const made = await page.request.post("/api/v1/matching/sets", { data: body, headers: HEADERS });
  expect(made.ok(), await made.text()).toBe(true);
  return ((await made.json()) as { card: { id: string } }).card.id;
}

for (const size of [{ width: 1440, height: 900 }, { width: 375, height: 812 }]) {
  test(`run, review with the keyboard, undo, look at the cluster, ${size.width}`, async ({ page }) => {
    test.setTimeout(180_000);
    await page.setViewportSize(size);
    await signIn(page, "government");
    const errors = watchErrors(page);
    const set = await aSet(page);
    await page.goto(`/matching/${set}`);
    await settled(page);
    await page.getByRole("button", { name: "开始匹配" }).click();
    await expect(page.getByText("成功").first()).toBeVisible({ timeout: 120_000 });
    expect(await violations(page)).toEqual([]);

    await page.goto(`/matching/${set}?tab=review`);
    await settled(page);
    const open = (await (await page.request.get(`/api/v1/matching/sets/${set}/pairs?state=open`)).json()) as { total: number };
    test.skip(open.total === 0, "no two firms of this demonstration look alike");
    await page.getByRole("button", { name: "领取 10 对" }).click();
    await expect(page.locator(".match-pair")).toBeVisible();
    await settled(page);
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: test.info().outputPath(`review-${size.width}.png`), fullPage: true });
    expect(readFileSync(test.info().outputPath(`review-${size.width}.png`)).length).toBeGreaterThan(1000);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide).toBeLessThanOrEqual(0);

    const progress = page.getByText(/^本批 /);
    await expect(progress).toContainText("本批 0 /");
    await page.keyboard.press("d");
    await expect(progress).toContainText("本批 1 /");
    await page.keyboard.press("z");
    await expect(progress).toContainText("本批 0 /");
    await page.keyboard.press("s");
    await expect(progress).toContainText("本批 1 /");

    await page.goto(`/matching/${set}?tab=pairs&state=same`);
    await settled(page);
    await page.locator("main tbody button, main .row-card button").first().click();
    await settled(page);
    // Different, withdrawn, same: nothing that was decided is lost.
    await expect(page.getByText("撤回").first()).toBeVisible();
    expect(await violations(page)).toEqual([]);

    await page.goto(`/matching/${set}?tab=clusters`);
    await settled(page);
    await page.locator("main tbody button, main .row-card button").first().click();
    await settled(page);
    await expect(page.getByText("变更历史").first()).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: test.info().outputPath(`cluster-${size.width}.png`), fullPage: true });
    expect(errors).toEqual([]);
  });
}

interface Step {
  left: { key: string[]; columns: Record<string, string> };
}

async function stepsOf(page: Page, set: string): Promise<(string | undefined)[]> {
  const found = (await (await page.request.get(`/api/v1/matching/sets/${set}`)).json()) as { plan: { steps: Step[] } };
  return found.plan.steps.map((step) => step.left.columns.name);
}

test("every step of a set is edited, with the keyboard and on a phone", async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page, "government");
  const errors = watchErrors(page);
  const set = await aSet(page);
  await page.goto(`/matching/${set}`);
  await settled(page);
  await page.getByRole("button", { name: "修改方案" }).click();
  const form = page.getByRole("dialog");
  const step = (at: number) => form.getByRole("group", { name: `第 ${at} 步` });
  const save = async (reason: string) => {
    await form.getByLabel("理由").fill(reason);
    await form.getByRole("button", { name: /保\s?存/ }).click();
  };
  await form.getByRole("button", { name: "添加步骤" }).focus();
  await page.keyboard.press("Enter");
  await expect(step(2).getByLabel("左表", { exact: true })).toBeFocused();
  await page.keyboard.type("subject.enterprise");
  await step(2).getByLabel(/^识别列/).fill("short_name");
  await step(2).getByLabel(/^字段对应/).fill("name=short_name\nnothing");
  expect(await flaws(page, "the form of a set")).toEqual([]);
  expect(await form.locator(".ant-modal-body").evaluate((body) => body.scrollWidth - body.clientWidth)).toBeLessThanOrEqual(0);

  // From here on a phone. A line that is none is named at its field, and so is what the node refuses.
  await save("浏览器测试");
  await expect(step(2).getByText("第 2 行应为 字段=列。")).toBeVisible();
  await step(2).getByLabel(/^字段对应/).fill("name=short_name");
  await save("浏览器测试");
  await expect(step(2).getByLabel(/^识别列/)).toBeFocused();
  await expect(form.getByText("/plan/steps/1/left/key")).toBeVisible();
  await step(2).getByLabel(/^识别列/).fill("enterprise_id");
  await form.getByRole("button", { name: "上移第 2 步" }).focus();
  await page.keyboard.press("Enter");
  await expect(form.getByRole("button", { name: "下移第 1 步" })).toBeFocused();
  await save("浏览器测试");
  await expect(form).toBeHidden();
  expect(await stepsOf(page, set)).toEqual(["short_name", "name"]);

  await page.getByRole("button", { name: "修改方案" }).click();
  await form.getByRole("button", { name: "删除第 1 步" }).focus();
  await page.keyboard.press("Enter");
  await expect(step(1)).toBeFocused();
  await save("只留一步");
  await expect(form).toBeHidden();
  expect(await stepsOf(page, set)).toEqual(["name"]);
  expect(errors).toEqual([]);
});
