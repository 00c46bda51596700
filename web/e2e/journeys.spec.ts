// The roads people walk through the portal, on a node with the demonstration's data.
import { expect, test } from "@playwright/test";
import { demoAccount, run, settled, signIn, watchErrors } from "./node";

test("government: panorama → gap → candidate → firm → source row", async ({ page }) => {
  const errors = watchErrors(page);
  await signIn(page, "government");

  await page.getByRole("navigation").getByRole("link", { name: "产业链全景" }).click();
  await page.locator("main .tile").first().click();
  await settled(page);
  const graph = page.locator("[data-nodes]");
  await expect(graph).toBeVisible();
  expect(Number(await graph.getAttribute("data-nodes"))).toBeGreaterThan(20);
  // The same content is in the list, for those who cannot see the graph.
  await page.getByText("清单", { exact: true }).click();
  await page.locator("main .plain-button").first().click();
  const panel = page.locator(".ant-drawer-content, .ant-drawer-section").last();
  await expect(panel.getByText("在这里生产的企业")).toBeVisible();
  await panel.getByRole("link", { name: "查看短板分析" }).click();

  await expect(page.getByRole("heading", { name: "短板分析" })).toBeVisible();
  await settled(page);
  await expect(page.locator(".formula").first()).toContainText("Σ");
  const nodes = page.getByRole("region", { name: "产品明细" });
  await nodes.locator("tbody a").first().click();

  await expect(page.getByRole("heading", { name: /^补链候选：/ })).toBeVisible();
  await settled(page);
  const candidate = page.locator("tbody tr:not(.ant-table-measure-row)").first();
  await expect(candidate.locator("ul li").first()).not.toBeEmpty();
  const name = await candidate.locator("a").first().innerText();
  await candidate.locator("a").first().click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await settled(page);
  await expect(page.getByRole("region", { name: "身份信息" }).locator("small").first()).toContainText("·");
  await page.getByTestId("source-row").click();

  await expect(page).toHaveURL(/\/data\//);
  await settled(page);
  await expect(page.locator("tbody tr:not(.ant-table-measure-row)").first()).toBeVisible();
  await expect(page.locator("footer.prov").first()).toContainText("@");
  expect(errors).toEqual([]);
});

test("enterprise: no row of another firm's restricted data, on the page or by SQL", async ({ page }) => {
  await signIn(page, "enterprise");
  const session = (await (await page.request.get("/api/v1/session")).json()) as { party: { organisation: string } };
  const own = session.party.organisation;
  expect(own).toMatch(/^[0-9A-Z]{18}$/);

  const catalogue = (await (await page.request.get("/api/v1/datasets?page_size=500")).json()) as {
    items: { name: string; restricted_by?: string | null; rows: number }[];
  };
  const restricted = catalogue.items.filter((d) => d.restricted_by && d.rows > 0);
  test.skip(restricted.length === 0, "the node holds no restricted rows");
  for (const dataset of restricted) {
    const owner = dataset.restricted_by ?? "";
    await page.goto(`/data/${dataset.name}`);
    await settled(page);
    const header = page.locator("thead th");
    const at = (await header.allInnerTexts()).findIndex((text) => text.trim() === owner);
    const cells = at < 0 ? [] : await page.locator(`tbody tr:not(.ant-table-measure-row) td:nth-child(${at + 1})`).allInnerTexts();
    for (const cell of cells) expect(cell.trim(), dataset.name).toBe(own);

    await page.goto("/sql");
    await page.locator("textarea").fill(`SELECT DISTINCT ${owner} AS owner FROM ${dataset.name}`);
    await page.getByRole("button", { name: /运\s?行/ }).click();
    await settled(page);
    const answers = await page.getByRole("region", { name: "结果" }).locator("tbody tr:not(.ant-table-measure-row) td").allInnerTexts();
    for (const cell of answers) expect(cell.trim(), dataset.name).toBe(own);
  }
});

test("a wrong password is refused in words, and a right one by keyboard alone gets in", async ({ page }) => {
  const account = await demoAccount(page.request, "government");
  await page.goto("/sign-in?next=%2Fgap");
  await page.getByLabel("用户名").fill(account.username);
  await page.getByLabel("密码", { exact: true }).fill("not-the-password-1");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("密码", { exact: true }).fill(account.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/gap/);
});

test("the language switch turns every word of the shell, and stays", async ({ page }) => {
  await signIn(page, "government");
  await page.getByTestId("language").click();
  await expect(page.getByRole("link", { name: "Chain panorama" })).toBeVisible();
  await page.goto("/gap");
  await settled(page);
  await expect(page.getByRole("heading", { name: "Gap analysis" })).toBeVisible();
  expect(await page.locator("nav").innerText()).not.toMatch(/[\u4e00-\u9fff]/);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await page.getByTestId("language").click();
  await expect(page.getByRole("heading", { name: "短板分析" })).toBeVisible();
});

test("search finds by pinyin initials and opens by keyboard", async ({ page }) => {
  await signIn(page, "government");
  const { hits } = await run<{ hits: { name: string }[] }>(page, "chain.search", { q: "dc", limit: 5 });
  test.skip(hits.length === 0, "nothing in this node begins with dc");
  const box = page.getByRole("combobox", { name: "搜索产品、企业、产业链" });
  await box.fill("dc");
  await expect(page.getByRole("option").first()).toBeVisible();
  await box.press("ArrowDown");
  await box.press("Enter");
  await expect(page).not.toHaveURL(/\/$/);
});

test("ingest: upload, report, quarantined row with its reason", async ({ page }) => {
  await signIn(page, "administrator");
  await page.goto("/data/ingest");
  await settled(page);
  await page.getByRole("combobox", { name: "映射", exact: true }).click();
  await page.locator(".ant-select-item-option").filter({ hasText: "registry" }).first().click();
  const stamp = Date.now();
  const good = `测试企业${stamp}有限公司`;
  const bad = `坏码企业${stamp}有限公司`;
  await page.getByLabel("文件", { exact: true }).setInputFiles({
    name: `e2e-${stamp}.csv`,
    mimeType: "text/csv",
    // The second code has a wrong check digit: that row must be put aside, with the reason, and the first one land.
    buffer: Buffer.from(
      `企业名称,统一社会信用代码,成立日期,注册资本,经营范围,省份,城市,住所\n${good},91330000142939553X,2004-02-29,1500万人民币,轴承制造,浙江省,杭州市,杭州市西湖区\n${bad},913300001429395530,2004-02-29,1500万人民币,轴承制造,浙江省,杭州市,杭州市西湖区\n`,
    ),
  });
  await page.getByRole("button", { name: "开始接入" }).click();
  await expect(page.getByRole("heading", { name: "接入报告" })).toBeVisible({ timeout: 60_000 });
  await page.getByTestId("quarantine").first().click();
  await settled(page);
  await page.getByLabel("筛选行").fill(bad);
  await page.getByLabel("筛选行").press("Enter");
  await settled(page);
  await expect(page.locator("tbody tr:not(.ant-table-measure-row)").first()).toContainText(bad);
});
