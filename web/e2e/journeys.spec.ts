// The roads people walk through the portal, on a node with the demonstration's data.
import { expect, type Page } from "@playwright/test";
import { creditCode, demoAccount, demoAccounts, run, settled, signIn, signInAs, signInByForm, test, watchErrors } from "./node";

test("government: panorama → gap → candidate → firm → source row", async ({ page }) => {
  const errors = watchErrors(page);
  await signInByForm(page, await demoAccount(page.request, "government"));

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

interface Restricted {
  name: string;
  column: string;
}

/** Rows of a dataset per owner, as the party that is signed in sees them, by SQL in the workbench, which is open. */
async function ownersBySql(page: Page, dataset: Restricted): Promise<Map<string, number>> {
  await page.locator("textarea").fill(`SELECT ${dataset.column} AS owner, count(*) AS n FROM ${dataset.name} GROUP BY 1`);
  await page.getByRole("button", { name: /运\s?行/ }).click();
  await settled(page);
  const rows = page.getByRole("region", { name: "结果" }).locator("tbody tr:not(.ant-table-measure-row):not(.ant-table-placeholder)");
  const owners = new Map<string, number>();
  for (const row of await rows.all()) {
    const [owner = "", n = "0"] = await row.locator("td").allInnerTexts();
    owners.set(owner.trim(), Number(n.replaceAll(",", "")));
  }
  return owners;
}

/** Owners in the rows shown on the dataset's page, which is open. */
async function ownersOnPage(page: Page, dataset: Restricted): Promise<string[]> {
  await settled(page);
  const header = (await page.locator("thead th").allInnerTexts()).findIndex((title) => title.trim().split("\n")[0] === dataset.column);
  if (header < 0) return [];
  const cells = await page.locator(`tbody tr:not(.ant-table-measure-row) td:nth-child(${header + 1})`).allInnerTexts();
  return cells.map((cell) => cell.trim());
}

async function restrictedDatasets(page: Page): Promise<Restricted[]> {
  const catalogue = (await (await page.request.get("/api/v1/datasets?page_size=500")).json()) as {
    items: { name: string; restricted_by?: string | null; rows: number }[];
  };
  return catalogue.items.flatMap((d) => (d.restricted_by && d.rows > 0 ? [{ name: d.name, column: d.restricted_by }] : []));
}

test("enterprise: own rows and no row of another firm's restricted data, on the page and by SQL", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, "government");
  const restricted = await restrictedDatasets(page);
  expect(restricted.map((d) => d.name)).toContain("subject.enterprise_link");
  const all = new Map<string, Map<string, number>>();
  await page.goto("/sql");
  for (const dataset of restricted) all.set(dataset.name, await ownersBySql(page, dataset));
  const links = restricted.find((d) => d.name === "subject.enterprise_link");
  if (!links) throw new Error("no links");
  expect(all.get(links.name)?.size, "government sees the rows of several owners").toBeGreaterThan(1);

  const accounts = await demoAccounts(page.request, "enterprise");
  expect(accounts.length).toBeGreaterThan(1);
  const seen: string[] = [];
  for (const account of accounts) {
    await signInAs(page, account);
    const session = (await (await page.request.get("/api/v1/session")).json()) as { party: { organisation: string } };
    const own = session.party.organisation;
    expect(own).toMatch(/^[0-9A-Z]{18}$/);
    await page.goto("/sql");
    for (const dataset of restricted) {
      const truth = all.get(dataset.name) ?? new Map<string, number>();
      const expected = truth.has(own) ? [[own, truth.get(own)]] : [];
      // Exactly the own rows: none of another's, and none of one's own missing.
      expect([...(await ownersBySql(page, dataset))], `${account.username} ${dataset.name} by SQL`).toEqual(expected);
    }
    for (const dataset of restricted) {
      const truth = all.get(dataset.name) ?? new Map<string, number>();
      await page.goto(`/data/${dataset.name}`);
      const shown = await ownersOnPage(page, dataset);
      expect(shown.filter((owner) => owner !== own), `${account.username} ${dataset.name} on the page`).toEqual([]);
      expect(shown.length > 0, `${account.username} ${dataset.name} on the page`).toBe(truth.has(own));
      // Asking for another firm's rows by its id finds none of that firm's own.
      const other = [...truth.keys()].find((owner) => owner !== own) ?? "";
      const filter = page.getByLabel("筛选行");
      if ((await filter.count()) > 0) {
        await filter.fill(other);
        await filter.press("Enter");
        await expect(page).toHaveURL((url) => (url.searchParams.get("text") ?? "") === other);
      } else await page.goto(`/data/${dataset.name}?text=${encodeURIComponent(other)}`);
      expect((await ownersOnPage(page, dataset)).filter((owner) => owner !== own)).toEqual([]);
      if (truth.has(own)) seen.push(own);
    }
  }
  expect(seen.length, "at least one enterprise has rows of its own to see").toBeGreaterThan(0);
});

test("a wrong password is refused in words, and a right one by keyboard alone gets in", async ({ page }) => {
  const account = await demoAccount(page.request, "government");
  await page.goto("/sign-in?next=%2Fgap");
  await page.getByLabel("用户名").fill(account.username);
  await page.getByLabel("密码", { exact: true }).fill("not-the-password-1");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: "用户名或口令不正确" })).toBeVisible();
  await page.getByLabel("密码", { exact: true }).fill(account.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/gap/);
});

test("the language switch turns every word of the shell, and stays", async ({ page }) => {
  await signIn(page, "government");
  await page.goto("/");
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
  await page.goto("/");
  const box = page.getByRole("combobox", { name: "搜索产品、企业、产业链、数据" });
  await box.fill("dc");
  await expect(page.getByRole("option").first()).toBeVisible();
  await box.press("ArrowDown");
  await box.press("Enter");
  await expect(page).not.toHaveURL(/\/$/);
});

test("ingest: upload, report, quarantined row with its reason", async ({ page }) => {
  await signIn(page, "system_administrator");
  await page.goto("/data/ingest");
  await settled(page);
  const mapping = page.getByRole("combobox", { name: "映射", exact: true });
  await mapping.click();
  // The list comes to rest before an entry is chosen: while it grows an entry may be taken out under the pointer.
  await settled(page);
  const registry = page.locator(".ant-select-item-option").filter({ hasText: "registry" }).first();
  await expect(registry).toBeVisible();
  await registry.click();
  const stamp = Date.now();
  const good = `测试企业${stamp}有限公司`;
  const code = creditCode(stamp);
  // Any other last character is wrong.
  const wrong = code.slice(0, -1) + (code.endsWith("0") ? "1" : "0");
  const bad = `坏码企业${stamp}有限公司`;
  await page.locator("input[type=file]").setInputFiles({
    name: `e2e-${stamp}.csv`,
    mimeType: "text/csv",
    // The second code has a wrong check digit: that row must be put aside, with the reason, and the first one land.
    buffer: Buffer.from(
      `file_year,file_prov,name,uscc,reg_date,type,capital,scope,province,city,address\n2019,浙江,${good},${code},2004-02-29,有限责任公司,1500万人民币,轴承制造,浙江省,杭州市,杭州市西湖区\n2019,浙江,${bad},${wrong},2004-02-29,有限责任公司,1500万人民币,轴承制造,浙江省,杭州市,杭州市西湖区\n`,
    ),
  });
  await page.getByRole("button", { name: "开始接入" }).click();
  await expect(page.getByRole("heading", { name: "接入报告" })).toBeVisible({ timeout: 60_000 });
  const report = page.locator("main .figures");
  await expect(report).toContainText(/入库\s*1/);
  await expect(report).toContainText(/隔离\s*1/);
  await page.getByTestId("quarantine").first().click();
  await settled(page);
  await page.getByLabel("筛选行").fill(bad);
  await page.getByLabel("筛选行").press("Enter");
  await settled(page);
  const row = page.locator("tbody tr:not(.ant-table-measure-row)").first();
  await expect(row).toContainText(bad);
  await expect(row).toContainText(wrong);
});
