// Every page once, wide and narrow: no console error, no serious accessibility violation, no sideways scrolling, and
// nothing of the portal's own that the policy of contents blocks.
// A text key without a text is logged as an error and so fails here too.
import { expect, type Page } from "@playwright/test";
import { type Blocked, demoAccount, flaws, run, settled, signIn, signInByForm, SIZES, test, watchErrors, watchPolicy } from "./node";

const PAGES: { name: string; role: string; path: (ids: Ids) => string; click?: string }[] = [
  { name: "home-government", role: "government", path: () => "/" },
  { name: "home-enterprise", role: "enterprise", path: () => "/" },
  { name: "home-author", role: "component_author", path: () => "/" },
  { name: "home-admin", role: "system_administrator", path: () => "/" },
  { name: "home-security", role: "security_administrator", path: () => "/" },
  { name: "home-auditor", role: "auditor", path: () => "/" },
  { name: "chains", role: "government", path: () => "/chain" },
  { name: "panorama", role: "government", path: (i) => `/chain/${i.chain}` },
  { name: "panorama-selected", role: "government", path: (i) => `/chain/${i.chain}?product=${encodeURIComponent(i.product)}` },
  { name: "panorama-graph", role: "government", path: (i) => `/chain/${i.chain}?view=graph&region=all` },
  { name: "panorama-all", role: "government", path: () => "/chain/-" },
  { name: "map", role: "government", path: () => "/map" },
  { name: "map-province", role: "government", path: () => "/map?province=330000" },
  { name: "gap", role: "government", path: (i) => `/gap?chain=${i.chain}` },
  { name: "gap-first", role: "government", path: () => "/gap" },
  { name: "candidates-empty", role: "government", path: () => "/candidates" },
  { name: "candidates", role: "government", path: (i) => `/candidates?chain=${i.chain}&product=${encodeURIComponent(i.product)}` },
  { name: "risk", role: "government", path: () => "/risk" },
  { name: "risk-estimated", role: "government", path: (i) => `/risk?network=estimated&chain=${i.chain}` },
  { name: "firms", role: "government", path: () => "/firms" },
  { name: "firm", role: "government", path: (i) => `/firms/${encodeURIComponent(i.firm)}` },
  { name: "data", role: "government", path: () => "/data" },
  { name: "dataset", role: "government", path: () => "/data/subject.enterprise" },
  { name: "dataset-lineage", role: "government", path: () => "/data/subject.enterprise?tab=lineage" },
  { name: "dataset-versions", role: "government", path: () => "/data/subject.enterprise?tab=versions" },
  { name: "search", role: "government", path: () => "/search?q=qiye" },
  { name: "search-auditor", role: "auditor", path: () => "/search?q=%E4%BC%81%E4%B8%9A&kind=dataset" },
  { name: "products", role: "government", path: () => "/products" },
  { name: "product-new", role: "enterprise", path: () => "/products/new?dataset=subject.enterprise_link" },
  { name: "product-usage", role: "auditor", path: () => "/products/usage" },
  { name: "connectors", role: "system_administrator", path: () => "/connectors" },
  { name: "exchange", role: "system_administrator", path: () => "/exchange" },
  { name: "exchange-auditor", role: "auditor", path: () => "/exchange" },
  { name: "exchange-subscribe", role: "system_administrator", path: () => "/exchange", click: "main .ant-btn-primary" },
  { name: "terms", role: "government", path: () => "/terms" },
  { name: "models", role: "government", path: () => "/models?model=subject.enterprise" },
  { name: "standards", role: "government", path: () => "/standards?list=gb_t_4754" },
  { name: "master", role: "government", path: () => "/master" },
  { name: "matching", role: "government", path: () => "/matching" },
  { name: "corpora", role: "government", path: () => "/corpora" },
  { name: "dataset-quality", role: "government", path: () => "/data/subject.enterprise?tab=quality" },
  { name: "quality", role: "government", path: () => "/quality" },
  { name: "ingest", role: "system_administrator", path: () => "/data/ingest" },
  { name: "components-government", role: "government", path: () => "/components" },
  { name: "requests", role: "government", path: () => "/requests" },
  { name: "access", role: "government", path: () => "/access" },
  { name: "evidence-government", role: "government", path: () => "/evidence" },
  { name: "security", role: "government", path: () => "/security" },
  { name: "nowhere", role: "government", path: () => "/nowhere" },
  { name: "map-admin", role: "system_administrator", path: () => "/map" },
  { name: "sbom-admin", role: "system_administrator", path: () => "/sbom?text=react" },
  { name: "requests-admin", role: "system_administrator", path: () => "/requests" },
  { name: "requests-enterprise", role: "enterprise", path: () => "/requests" },
  { name: "incidents-auditor", role: "auditor", path: () => "/incidents" },
  { name: "sql", role: "government", path: () => "/sql", click: "main .ant-btn-primary" },
  { name: "components", role: "component_author", path: () => "/components" },
  { name: "component", role: "government", path: () => "/components/chain.list", click: "main form .ant-btn-primary" },
  { name: "component-risk", role: "government", path: () => "/components/chain.risk" },
  { name: "evidence", role: "auditor", path: () => "/evidence", click: "main .ant-btn-primary" },
  { name: "accounts", role: "system_administrator", path: () => "/accounts" },
  { name: "accounts-security", role: "security_administrator", path: () => "/accounts" },
  { name: "accounts-audit", role: "auditor", path: () => "/accounts" },
  { name: "sbom", role: "auditor", path: () => "/sbom" },
  { name: "keys", role: "government", path: () => "/keys" },
  { name: "grading", role: "government", path: () => "/grading" },
  { name: "grading-security", role: "security_administrator", path: () => "/grading" },
  { name: "retention", role: "government", path: () => "/retention" },
  { name: "retention-security", role: "security_administrator", path: () => "/retention" },
  { name: "nodes", role: "system_administrator", path: () => "/nodes" },
  { name: "compliance", role: "auditor", path: () => "/compliance" },
  { name: "incidents", role: "security_administrator", path: () => "/incidents" },
  { name: "audit", role: "auditor", path: () => "/audit" },
  { name: "access-own", role: "enterprise", path: () => "/access" },
  { name: "data-enterprise", role: "enterprise", path: () => "/data" },
  { name: "about", role: "government", path: () => "/about" },
  { name: "missing", role: "government", path: () => "/firms/none-such-firm" },
];

interface Ids {
  chain: string;
  product: string;
  firm: string;
}

/** What addresses of the government's pages name. */
async function examples(page: Page): Promise<Ids> {
  const { chains } = await run<{ chains: { chain_id: string }[] }>(page, "chain.list", {});
  const chain = chains[0]?.chain_id ?? "";
  const gap = await run<{ nodes: { product: string; state: string }[] }>(page, "chain.gap", { chain });
  const found = await run<{ items: { enterprise_id: string }[] }>(page, "enterprise.search", { page_size: 5 });
  return {
    chain,
    product: (gap.nodes.find((n) => n.state === "break") ?? gap.nodes[0])?.product ?? "",
    firm: found.items[0]?.enterprise_id ?? "",
  };
}

/** What is wrong with the page as it is, at each size; its picture goes to the results. */
async function look(page: Page, name: string, errors: string[], blocked: () => Promise<Blocked[]>): Promise<string[]> {
  const problems: string[] = [];
  const judge = async () => {
    problems.push(...(await blocked()).map((b) => `${name}: the policy blocks ${JSON.stringify(b)}`));
  };
  const found = await flaws(page, name, {
    before: async (size) => {
      await judge();
      await page.screenshot({ path: `test-results/${size.name}-${name}.png` });
    },
    after: async (size) => {
      // What the check itself was refused is not the page's.
      await blocked();
      if (size !== SIZES[0]) return;
      await touch(page);
      await judge();
    },
  });
  return [...problems, ...found, ...errors.splice(0).map((e) => `${name}: console ${e}`)];
}

/** Opens what opens over the page, and points at a chart: both make style elements of their own. */
async function touch(page: Page): Promise<void> {
  if ((await page.getByRole("dialog").count()) > 0) return;
  for (const box of await page.locator("main .ant-select").all()) {
    if (!(await box.isVisible())) continue;
    await box.click();
    await page.keyboard.press("Escape");
    break;
  }
  const chart = page.locator("main [role=img] svg, main [role=img] canvas").first();
  if (await chart.isVisible()) {
    await chart.hover({ force: true });
    await page.mouse.move(0, 0);
  }
}

for (const role of new Set(PAGES.map((p) => p.role))) {
  test(`pages of ${role} are clean, wide and narrow`, async ({ page }) => {
    test.setTimeout(480_000);
    const [wide] = SIZES;
    const errors = watchErrors(page);
    const blocked = await watchPolicy(page);
    const problems: string[] = [];
    let ids: Ids = { chain: "", product: "", firm: "" };
    if (role === "government") {
      await page.goto("/sign-in");
      problems.push(...(await look(page, "sign-in", errors, blocked)));
      await signInByForm(page, await demoAccount(page.request, role));
      ids = await examples(page);
    } else await signIn(page, role);
    for (const target of PAGES.filter((p) => p.role === role)) {
      await page.setViewportSize(wide);
      await page.goto(target.path(ids));
      await settled(page);
      if (target.click) await page.locator(target.click).first().click();
      problems.push(...(await look(page, target.name, errors, blocked)));
    }
    expect(problems.join("\n")).toBe("");
  });
}
