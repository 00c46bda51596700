import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { safeNext } from "../src/features/sign-in/SignIn";
import { originOf } from "../src/features/firms/FirmPage";
import { sampleQuery } from "../src/features/data/DatasetPage";
import { queryString, Refusal } from "../src/sdk/api";
import { DataTable } from "../src/sdk/DataTable";
import "../src/sdk/i18n";
import { clean } from "../src/sdk/query";
import { PROVINCES, provinceOf, regionName } from "../src/sdk/regions";
import { FailureView } from "../src/sdk/States";
import { classes, classOf, compact } from "../src/sdk/TileMap";
import { inkOn, PALETTES } from "../src/shell/theme";

describe("a refusal on screen", () => {
  it("shows detail, hint, code and trace id of the problem document", () => {
    const problem = { title: "没有权限", status: 403, detail: "没有 raw.sme_invoice 的授权", hint: "请联系提供方", code: "warehouse/no-grant", trace_id: "abc123" };
    const retry = vi.fn();
    render(<FailureView error={new Refusal(problem)} retry={retry} />);
    for (const part of ["没有 raw.sme_invoice 的授权", "请联系提供方", /warehouse\/no-grant/, /abc123/]) expect(screen.getByText(part)).toBeTruthy();
    screen.getByRole("button", { name: /重 ?试/ }).click();
    expect(retry).toHaveBeenCalledOnce();
  });
  it("says what to check when the node does not answer", () => {
    render(<FailureView error={new Refusal({ title: "offline", status: 0 })} />);
    expect(screen.getByText("连不上服务节点")).toBeTruthy();
  });
});

describe("tables", () => {
  const columns = [
    { key: "name", title: "名称", value: (r: { name: string; n: number }) => r.name },
    { key: "n", title: "企业数", kind: "count" as const, value: (r: { name: string; n: number }) => r.n },
  ];
  it("align numbers right with separators", () => {
    render(<DataTable rows={[{ name: "a", n: 12345 }]} columns={columns} rowKey={(r) => r.name} />);
    expect(screen.getByText("12,345").closest("td")?.className).toContain("num");
  });
  it("say that they are empty where the page says nothing", () => {
    const { rerender } = render(<DataTable rows={[]} columns={columns} rowKey={(r) => r.name} />);
    expect(screen.getByRole("status").textContent).toContain("没有可显示的记录。");
    rerender(<DataTable rows={[]} columns={columns} rowKey={(r) => r.name} loading />);
    expect(screen.queryByText("没有可显示的记录。"), "what is still asked for").toBeNull();
  });
  it("say what to do when empty", () => {
    render(<DataTable rows={[]} columns={columns} rowKey={(r) => r.name} empty={<p>先接入数据</p>} />);
    expect(screen.getByText("先接入数据")).toBeTruthy();
  });
});

describe("the tile map", () => {
  it("has all 34 province-level divisions, each on a tile of its own", () => {
    expect(PROVINCES).toHaveLength(34);
    expect(new Set(PROVINCES.map((p) => p.code)).size).toBe(34);
    expect(new Set(PROVINCES.map((p) => `${p.column}:${p.row}`)).size).toBe(34);
  });
  it("names provinces by any code inside them", () => {
    expect(provinceOf("330206")?.short).toBe("浙江");
    expect(regionName("330000")).toBe("浙江省");
    expect(provinceOf("999999")).toBeUndefined();
  });
  it("classes by quantile, so one giant does not wash out the rest", () => {
    const bounds = classes([1, 2, 3, 4, 5, 100_000], 3);
    expect(classOf(0, bounds)).toBe(0);
    expect(classOf(1, bounds)).toBe(1);
    expect(classOf(4, bounds)).toBe(2);
    expect(classOf(100_000, bounds)).toBe(3);
    expect(classes([], 3)).toEqual([]);
    expect(classOf(5, [])).toBe(0);
  });
  it("fits numbers on a tile", () => {
    expect(compact(8102, false)).toBe("8,102");
    expect(compact(89656, false)).toBe("9万");
    expect(compact(89656, true)).toBe("90k");
  });
  it("keeps 4.5:1 between the number and every colour of both scales", () => {
    const light = (hex: string) =>
      [1, 3, 5]
        .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, k) => sum + v * ([0.2126, 0.7152, 0.0722][k] ?? 0), 0);
    const contrast = (a: string, b: string) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    for (const palette of Object.values(PALETTES)) {
      for (const colour of palette.scale) expect(contrast(colour, inkOn(colour)), colour).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe("the identity of a firm", () => {
  const fact = (value: unknown) => ({ value, source: null, observed_on: null });
  const rows = [
    { dataset: "raw.registry", column: "uscc", value: "91330681716195421C", row: {} },
    { dataset: "raw.curated_enterprise", column: "code", value: "600000.SH", row: {} },
  ];
  it("says from which line of which file it comes, and how to find the row", () => {
    const identity = { source_dataset: fact("raw.curated_enterprise"), source_file: fact("demo/data/firms.csv"), source_line: fact(12) };
    expect(originOf({ identity, source_rows: rows } as never)).toEqual({ dataset: "raw.curated_enterprise", file: "firms.csv", line: 12, text: "600000.SH" });
    expect(originOf({ identity, source_rows: [] } as never)?.text).toBeUndefined();
    expect(originOf({ identity: {}, source_rows: rows } as never)).toBeNull();
  });
});

describe("addresses and parameters", () => {
  it("never lead a signed-in person off the portal", () => {
    expect(safeNext("/gap?chain=nev")).toBe("/gap?chain=nev");
    for (const evil of ["//evil.example", "https://evil.example", "/\\evil.example", undefined]) expect(safeNext(evil)).toBe("/");
  });
  it("leave out what was not asked", () => {
    expect(clean({ chain: "nev", region: undefined, q: "", page: 0 })).toEqual({ chain: "nev", page: 0 });
    expect(queryString({ text: "轴承", page: 2, zone: undefined })).toBe("?text=%E8%BD%B4%E6%89%BF&page=2");
    expect(queryString({})).toBe("");
  });
  it("quote dataset names that SQL would not take bare", () => {
    expect(sampleQuery("subject.enterprise")).toContain("FROM subject.enterprise\n");
    expect(sampleQuery("subject.enterprise@3")).toContain('FROM subject."enterprise@3"');
  });
});
